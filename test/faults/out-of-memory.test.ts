import { afterAll, describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import * as op from '../../src/graph/ops.js';
import { serializeModel } from '../../src/onnx/serialize-model.js';
import { parseDevice } from '../../src/runtime/device.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import { outOfMemory } from '../../src/runtime/out-of-memory.js';
import { float32Tensor, type Tensors } from '../../src/runtime/tensor.js';

const device = parseDevice('cpu', 1);
const tooLittle = {
  code: 'DEVICE_OUT_OF_MEMORY',
  where: 'device cpu',
  fault: 'user',
  hint: expect.stringContaining('a smaller batch needs less') as string,
};

describe('a device without the memory that a model takes', () => {
  const host = new DeviceHost(device);
  afterAll(() => host.close());

  it('says so, and goes on with what fits', async () => {
    const rows = 2 ** 24;
    const g = new GraphBuilder();
    const a = g.input('a', { dtype: 'float32', shape: [rows, 1] });
    const b = g.input('b', { dtype: 'float32', shape: [1, rows] });
    // 1 PB: beyond what a process can address, so that it is refused even where memory is overcommitted
    const session = await host.createSession(serializeModel(g.build('outer', [op.matMul(g, a, b)])));
    const feeds: Tensors = {
      a: float32Tensor([rows, 1], new Float32Array(rows)),
      b: float32Tensor([1, rows], new Float32Array(rows)),
    };
    await expect(session.run(feeds)).rejects.toMatchObject(tooLittle);
    await session.release();
  });
});

describe('what is said where there is no memory left', () => {
  it.each([
    ['C++', 'std::bad_alloc'],
    ['ONNX Runtime', 'Failed to allocate memory for requested buffer of size 4398046511104'],
    ['its arena', 'Available memory of 1024 is smaller than requested bytes of 2048'],
    ['CUDA', 'CUDA failure 2: out of memory ; GPU=0'],
    ['V8', 'Array buffer allocation failed'],
  ])('is known: %s', (_who, words) => {
    expect(outOfMemory(new Error(words), device)).toMatchObject(tooLittle);
  });

  it('is known of a thread that has filled its heap, and of nothing else', () => {
    const full = Object.assign(new Error('Worker terminated'), { code: 'ERR_WORKER_OUT_OF_MEMORY' });
    expect(outOfMemory(full, device)).toMatchObject({ ...tooLittle, cause: full });
    expect(outOfMemory(new Error('Load model failed: Protobuf parsing failed.'), device)).toBeUndefined();
    expect(outOfMemory(undefined, device)).toBeUndefined();
  });
});
