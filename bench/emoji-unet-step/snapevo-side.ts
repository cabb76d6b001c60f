// The process that steps the shipped UNet with SnapEvo: `snapevo-side.ts THREADS`. Spoken to by ../side.ts.
import { UNetSession, type UNetPass } from '../../src/evaluation/unet-session.js';
import { loadModel } from '../../src/model/model-folder.js';
import { unetKind } from '../../src/model/model-kind.js';
import { unetArchitecture } from '../../src/model/unet-architecture.js';
import { parseDevice } from '../../src/runtime/device.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import { serveSide } from '../serve-side.js';
import { sizeAndCorrelation } from '../size-and-correlation.js';
import { extents, inputs, timestep, unetFolder } from './workload.js';

const [threads = '2'] = process.argv.slice(2);
const host = new DeviceHost(parseDevice('cpu', Number(threads)));
const { sample, context } = inputs();
let pass: UNetPass = () => Promise.reject(new Error('nothing was prepared'));
let results: readonly number[] = [];

async function prepare(): Promise<void> {
  const { config, weights } = loadModel(unetKind, unetFolder);
  const architecture = unetArchitecture(config);
  const session = await UNetSession.create(host, { config, architecture, extents }, weights);
  pass = session.passOf(architecture);
}

async function take(count: number): Promise<void> {
  const taken: Float32Array[] = [];
  for (let done = 0; done < count; done += 1) taken.push(await pass(sample, timestep, context));
  results = taken.flatMap((prediction) => sizeAndCorrelation(prediction, sample));
}

await serveSide({ prepare, take, results: () => results });
await host.close();
