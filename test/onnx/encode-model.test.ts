import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeModel } from '../../src/onnx/encode-model.js';
import {
  modelProto,
  type GraphMessage,
  type ModelMessage,
  type NodeMessage,
} from '../../src/onnx/onnx-schema.js';

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

const type = { tensorType: { elemType: float32, shape: { dim: [{ dimValue: 2 }] } } };
const relu = { name: 'n', opType: 'Relu', input: ['x'], output: ['y'], attribute: [] };
const graphType = 5;

/** Graphs whose nodes are plain or have graphs of their own, to some depth, in any order. */
const graphs = fc.letrec<{ graph: GraphMessage; node: NodeMessage }>((tie) => ({
  graph: fc.record({
    name: fc.string(),
    node: fc.array(tie('node'), { maxLength: 5 }),
    initializer: fc.array(fc.oneof(inMemory, elsewhere), { maxLength: 3 }),
    input: fc.constant([{ name: 'x', type }]),
    output: fc.constant([{ name: 'y', type }]),
  }),
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.string().map((name) => ({ ...relu, name })),
    tie('graph').map((g) => {
      const attribute = [
        { name: 'axis', type: 2, i: 1 },
        { name: 'then_branch', type: graphType, g },
      ];
      return { ...relu, opType: 'If', attribute };
    }),
  ),
})).graph;

const modelOf = (graph: GraphMessage): ModelMessage => ({
  irVersion: 10,
  producerName: 'snapevo',
  opsetImport: [{ domain: '', version: 21 }],
  graph,
});

const read = (bytes: Uint8Array): unknown => modelProto.toObject(modelProto.decode(bytes), { longs: String });

it('reads as what protobuf’s own writer makes of the same model, whatever its graphs and weights', () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const model = modelOf(graph);
      const bytes = encodeModel(model);
      expect(read(bytes)).toEqual(read(modelProto.encode(model).finish()));
    }),
    { numRuns: 100 },
  );
});
