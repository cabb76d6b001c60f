// The process that steps with SnapEvo: `snapevo-side.ts UNET_FOLDER INPUT_FOLDER THREADS`. Spoken to by ../side.ts.
import { unetArchitecture } from '../../src/model/unet-architecture.js';
import { openModel } from '../../src/model/model-folder.js';
import { unetKind } from '../../src/model/model-kind.js';
import { parseDevice } from '../../src/runtime/device.js';
import { DeviceHost, type RemoteSession } from '../../src/runtime/device-host.js';
import { highestPrivateMemoryMb } from '../full-size/memory.js';
import { openStep, readStepInputs, summarizePrediction } from '../full-size/workload.js';
import { serveSide } from '../serve-side.js';

const [unetFolder = '', inputFolder = '', threads = '2'] = process.argv.slice(2);
const host = new DeviceHost(parseDevice('cpu', Number(threads)));
const inputs = readStepInputs(inputFolder);
let step: RemoteSession | undefined;
let buildMs = 0;
let predictions: readonly Float32Array[] = [];

async function prepare({ prepacking }: { readonly prepacking: boolean }): Promise<void> {
  await step?.release();
  const started = performance.now();
  const model = openModel(unetKind, unetFolder);
  step = await openStep(host, model, unetArchitecture(model.config), { prepacking });
  buildMs = performance.now() - started;
}

async function runOnce(): Promise<Float32Array> {
  if (step === undefined) throw new Error('nothing was prepared');
  const [prediction] = Object.values(await step.run(inputs));
  return prediction?.data as Float32Array;
}

async function take(count: number): Promise<void> {
  const taken: Float32Array[] = [];
  for (let done = 0; done < count; done += 1) taken.push(await runOnce());
  predictions = taken;
}

await serveSide({
  prepare,
  take,
  results: () => predictions.flatMap(summarizePrediction),
  facts: async () => ({ privateMemoryMb: await highestPrivateMemoryMb(runOnce), buildMs }),
});
await host.close();
