// The process that steps with SnapEvo: `snapevo-side.ts UNET_FOLDER INPUT_FOLDER THREADS`. Spoken to by ../side.ts.
import { createInterface } from 'node:readline';
import { unetArchitecture } from '../../src/model/unet-architecture.js';
import { openModel } from '../../src/model/model-folder.js';
import { unetKind } from '../../src/model/model-kind.js';
import { parseDevice } from '../../src/runtime/device.js';
import { DeviceHost, type RemoteSession } from '../../src/runtime/device-host.js';
import { runtimeVersion } from '../../src/runtime/runtime-version.js';
import { highestPrivateMemoryMb } from '../full-size/memory.js';
import { openStep, readStepInputs, summarizePrediction } from '../full-size/workload.js';
import type { SideFacts, Unit } from '../side.js';

type Request =
  | { readonly do: 'prepare'; readonly settings: { readonly prepacking: boolean } }
  | { readonly do: 'steps'; readonly count: number }
  | { readonly do: 'facts' };

const [unetFolder = '', inputFolder = '', threads = '2'] = process.argv.slice(2);
const host = new DeviceHost(parseDevice('cpu', Number(threads)));
const inputs = readStepInputs(inputFolder);
let step: RemoteSession | undefined;
let buildMs = 0;

async function prepare(prepacking: boolean): Promise<Record<string, never>> {
  await step?.release();
  const started = performance.now();
  const model = openModel(unetKind, unetFolder);
  step = await openStep(host, model, unetArchitecture(model.config), { prepacking });
  buildMs = performance.now() - started;
  return {};
}

async function runOnce(): Promise<Float32Array> {
  if (step === undefined) throw new Error('nothing was prepared');
  const [prediction] = Object.values(await step.run(inputs));
  return prediction?.data as Float32Array;
}

async function takeSteps(count: number): Promise<Unit> {
  const predictions: Float32Array[] = [];
  const cpu = process.cpuUsage();
  const started = performance.now();
  for (let done = 0; done < count; done += 1) predictions.push(await runOnce());
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  return { ms, cpuMs: (user + system) / 1e3, results: predictions.flatMap(summarizePrediction) };
}

async function facts(): Promise<SideFacts> {
  const privateMemoryMb = await highestPrivateMemoryMb(runOnce);
  return {
    versions: { node: process.version, onnxruntime: runtimeVersion(), buildMs: buildMs.toFixed(0) },
    peakMemoryMb: process.resourceUsage().maxRSS / 1024,
    privateMemoryMb,
  };
}

async function answer(request: Request): Promise<unknown> {
  switch (request.do) {
    case 'prepare':
      return prepare(request.settings.prepacking);
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
