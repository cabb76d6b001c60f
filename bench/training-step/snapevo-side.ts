// The process that trains with SnapEvo: `snapevo-side.ts FOLDER THREADS`. Spoken to by side.ts.
import { createInterface } from 'node:readline';
import { parseDevice } from '../../src/runtime/device.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import { runtimeVersion } from '../../src/runtime/runtime-version.js';
import type { Tensors } from '../../src/runtime/tensor.js';
import { stackTensors } from '../../src/training/train-stage.js';
import { initialState, TrainingSession } from '../../src/training/training-session.js';
import type { SideFacts, Unit } from '../side.js';
import { readWorkload, workload } from './workload.js';

type Request =
  | { readonly do: 'prepare'; readonly settings: { readonly stepsPerRun: number } }
  | { readonly do: 'steps'; readonly count: number }
  | { readonly do: 'facts' };

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

async function prepare(stepsPerRun: number): Promise<Record<string, never>> {
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
  return {};
}

async function takeSteps(count: number): Promise<Unit> {
  if (training === undefined) throw new Error('nothing was prepared');
  const { session, stepsPerRun, feeds } = training;
  if (count % stepsPerRun !== 0) throw new Error(`${count} steps are no multiple of ${stepsPerRun}`);
  const losses: number[] = [];
  const cpu = process.cpuUsage();
  const started = performance.now();
  for (let done = 0; done < count; done += stepsPerRun) {
    const feed = feeds[step % feeds.length] as Tensors;
    const reports = await session.run(step + 1, feed, () => workload.learningRate);
    losses.push(...reports.map(({ loss }) => loss));
    step += stepsPerRun;
  }
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  return { ms, cpuMs: (user + system) / 1e3, results: losses };
}

const facts = (): SideFacts => ({
  versions: { node: process.version, onnxruntime: runtimeVersion() },
  peakMemoryMb: process.resourceUsage().maxRSS / 1024,
});

async function answer(request: Request): Promise<unknown> {
  switch (request.do) {
    case 'prepare':
      return prepare(request.settings.stepsPerRun);
    case 'steps':
      return takeSteps(request.count);
    case 'facts':
      return facts();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const reply = await answer(JSON.parse(line) as Request).catch((error: unknown) => ({
    error: error instanceof Error ? error.message : String(error),
  }));
  console.log(JSON.stringify(reply));
}
await host.close();
