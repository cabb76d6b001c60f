import { GraphBuilder } from '../../src/graph/graph-builder.js';
import * as op from '../../src/graph/ops.js';
import { serializeModel } from '../../src/onnx/serialize-model.js';
import { parseDevice } from '../../src/runtime/device.js';
import { DeviceHost } from '../../src/runtime/device-host.js';

/** A device whose worker has loaded its code: from sources that takes a while, which no user sees. */
export async function freshHost(threads?: number): Promise<DeviceHost> {
  const host = new DeviceHost(parseDevice('cpu', threads));
  const g = new GraphBuilder();
  const x = g.input('x', { dtype: 'float32', shape: [1] });
  const session = await host.createSession(serializeModel(g.build('nothing', [op.add(g, x, x)])));
  await session.release();
  return host;
}
