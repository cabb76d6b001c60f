// The process that trains with SnapEvo: `snapevo-side.ts FOLDER THREADS`. Spoken to by ../side.ts.
import { parseDevice } from '../../src/runtime/device.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import type { Tensors } from '../../src/runtime/tensor.js';
import { stackTensors } from '../../src/training/train-stage.js';
import { initialState, TrainingSession } from '../../src/training/training-session.js';
import { serveSide } from '../serve-side.js';
import { readWorkload, workload } from './workload.js';

const [folder = '', threads = '2'] = process.argv.slice(2);
const host = new DeviceHost(parseDevice('cpu', Number(threads)));

interface Training {
  readonly session: TrainingSession;
  readonly stepsPerRun: number;
  /** Inputs of a run that begins with the batch of that number, stacked beforehand as a data loader would. */
  readonly feeds: readonly Tensors[];
}

let training: Training | undefined;
let step = 0;
let losses: readonly number[] = [];

async function prepare({ stepsPerRun }: { readonly stepsPerRun: number }): Promise<void> {
  await training?.session.release();
  const { spec, weights, batches } = readWorkload(folder, stepsPerRun);
  const session = await TrainingSession.create(host, spec, initialState(weights));
  const feeds = batches.map((_, first) =>
    stackTensors(
      Array.from({ length: stepsPerRun }, (__, i) => batches[(first + i) % batches.length] as Tensors),
    ),
  );
  training = { session, stepsPerRun, feeds };
  step = 0;
}

async function take(count: number): Promise<void> {
  if (training === undefined) throw new Error('nothing was prepared');
  const { session, stepsPerRun, feeds } = training;
  if (count % stepsPerRun !== 0) throw new Error(`${count} steps are no multiple of ${stepsPerRun}`);
  const taken: number[] = [];
  for (let done = 0; done < count; done += stepsPerRun) {
    const feed = feeds[step % feeds.length] as Tensors;
    const reports = await session.run(step + 1, feed, () => workload.learningRate);
    taken.push(...reports.map(({ loss }) => loss));
    step += stepsPerRun;
  }
  losses = taken;
}

await serveSide({ prepare, take, results: () => losses });
await host.close();
