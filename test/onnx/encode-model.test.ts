import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeModel } from '../../src/onnx/encode-model.js';
import { modelProto, type ModelMessage, type TensorMessage } from '../../src/onnx/onnx-schema.js';

const float32 = 1;
const inMemory = fc.record({
  name: fc.string(),
  dataType: fc.constant(float32),
  dims: fc.array(fc.nat(), { maxLength: 3 }),
  rawData: fc.uint8Array({ maxLength: 40_000, size: 'max' }),
});
const elsewhere = fc.record({
  name: fc.string(),
  dataType: fc.constant(float32),
  dims: fc.array(fc.nat(), { maxLength: 3 }),
  dataLocation: fc.constant(1),
  externalData: fc.array(fc.record({ key: fc.string(), value: fc.string() }), { maxLength: 3 }),
});

function modelOf(initializer: readonly TensorMessage[]): ModelMessage {
  const type = { tensorType: { elemType: float32, shape: { dim: [{ dimValue: 2 }] } } };
  const node = { name: 'n', opType: 'Relu', input: ['x'], output: ['y'], attribute: [] };
  const [x, y] = [
    { name: 'x', type },
    { name: 'y', type },
  ];
  return {
    irVersion: 10,
    producerName: 'snapevo',
    opsetImport: [{ domain: '', version: 21 }],
    graph: { name: 'g', node: [node], initializer, input: [x], output: [y] },
  };
}

const read = (bytes: Uint8Array): unknown => modelProto.toObject(modelProto.decode(bytes), { longs: String });

it('reads as what protobuf’s own writer makes of the same model, whatever its weights', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(inMemory, elsewhere), { maxLength: 5 }), (tensors) => {
      const model = modelOf(tensors);
      const bytes = encodeModel(model);
      expect(read(bytes)).toEqual(read(modelProto.encode(model).finish()));
    }),
    { numRuns: 100 },
  );
});
