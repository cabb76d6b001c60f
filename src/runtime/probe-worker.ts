import process from 'node:process';
import { GraphBuilder } from '../graph/graph-builder.js';
import * as op from '../graph/ops.js';
import { serializeModel } from '../onnx/serialize-model.js';
import { parseDevice } from './device.js';
import { Session } from './session.js';
import { float32Tensor } from './tensor.js';

const size = 64;

/** Entry of a child process that multiplies two matrices of ones on the device it is given, and tells its parent how that went. */
async function probe(name: string): Promise<string | null> {
  const device = parseDevice(name);
  const g = new GraphBuilder();
  const x = g.input('x', { dtype: 'float32', shape: [size, size] });
  const product = op.matMul(g, x, x);
  const model = serializeModel(g.build('probe', [product]));
  const session = await Session.create(model, device, { fallback: device.provider === 'cpu' });
  const { [product.name]: result } = await session.run({
    x: float32Tensor([size, size], new Float32Array(size * size).fill(1)),
  });
  const isRight = result !== undefined && Array.from(result.data, Number).every((value) => value === size);
  return isRight ? null : 'a product of matrices of ones came out wrong';
}

const failure = await probe(process.argv[2] ?? '').catch((error: unknown) =>
  error instanceof Error ? error.message : String(error),
);
process.send?.({ failure });
