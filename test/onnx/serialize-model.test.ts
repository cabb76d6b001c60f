import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import type { Graph } from '../../src/graph/graph.js';
import * as op from '../../src/graph/ops.js';
import { verifyGraph } from '../../src/graph/verify-graph.js';
import { modelProto, type GraphMessage, type NodeMessage } from '../../src/onnx/onnx-schema.js';
import { serializeModel } from '../../src/onnx/serialize-model.js';
import { parseDevice } from '../../src/runtime/device.js';
import { Session } from '../../src/runtime/session.js';
import type { SessionSettings } from '../../src/runtime/session-options.js';
import { boolTensor, float32Tensor, int64Tensor, type Tensors } from '../../src/runtime/tensor.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { everyOperation, weightsOutside, writeWeights } from './sample-graphs.js';

interface ModelMessage {
  readonly irVersion: string;
  readonly producerName: string;
  readonly opsetImport: readonly { readonly domain?: string; readonly version: string }[];
  readonly graph: GraphMessage;
}

/** A model's message as its bytes have it; 64-bit numbers as text. */
function decode(bytes: Uint8Array): ModelMessage {
  const options = { longs: String, arrays: true, defaults: false };
  return modelProto.toObject(modelProto.decode(bytes), options) as unknown as ModelMessage;
}

const cpu = parseDevice('cpu', 1);

async function run(model: Uint8Array | string, feeds: Tensors, settings?: SessionSettings): Promise<Tensors> {
  const session = await Session.create(model, cpu, settings);
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** Elements of a graph's outputs, in order. */
async function compute(graph: Graph, feeds: Tensors): Promise<number[][]> {
  verifyGraph(graph);
  const results = await run(serializeModel(graph), feeds);
  return graph.outputs.map(({ name }) => Array.from(results[name]?.data ?? [], Number));
}

const vector = (...elements: number[]) => float32Tensor([elements.length], Float32Array.from(elements));

describe('a serialized model', () => {
  it('is refused where its weights are more than one file of ONNX holds', () => {
    const g = new GraphBuilder();
    const shape = [2 ** 24];
    const data = new Float32Array(2 ** 24);
    const weights = Array.from({ length: 32 }, (_, i) =>
      g.initializer(`weight${i}`, { dtype: 'float32', shape }, data),
    );
    expect(() => serializeModel(g.build('large', [op.concat(g, weights, 0)]))).toThrow(
      expect.objectContaining({ code: 'ONNX_TOO_LARGE', where: 'large' }),
    );
  });

  it('decodes to what was built', () => {
    const g = new GraphBuilder();
    const x = g.input('x', { dtype: 'float32', shape: [2, 3] });
    const y = g.scope('mid_block', () => op.reduceSum(g, op.mul(g, x, 2), [1], true));
    const { irVersion, producerName, opsetImport, graph } = decode(serializeModel(g.build('sums', [y])));
    expect({ irVersion, producerName, opsetImport }).toEqual({
      irVersion: '10',
      producerName: 'snapevo',
      opsetImport: [{ version: '21' }],
    });
    expect(graph.name).toBe('sums');
    const float = (name: string, ...extents: string[]) => ({
      name,
      type: { tensorType: { elemType: 1, shape: { dim: extents.map((dimValue) => ({ dimValue })) } } },
    });
    expect(graph.input).toEqual([float('x', '2', '3')]);
    expect(graph.output).toEqual([float(y.name, '2', '1')]);
    expect(graph.node.map(({ name, opType }) => [name, opType])).toEqual([
      ['mid_block|Mul.1', 'Mul'],
      ['mid_block|ReduceSum.2', 'ReduceSum'],
    ]);
    const [two, axes] = graph.initializer;
    expect(Array.from(new Float32Array(Uint8Array.from(two?.rawData ?? []).buffer))).toEqual([2]);
    expect(Array.from(new BigInt64Array(Uint8Array.from(axes?.rawData ?? []).buffer))).toEqual([1n]);
    expect(graph.node[1]?.input).toEqual([graph.node[0]?.output[0], axes?.name]);
    expect(graph.node[1]?.attribute).toEqual([
      expect.objectContaining({ name: 'keepdims', type: 2, i: '1' }),
    ]);
  });

  it('is the same bytes when built again', () => {
    expect(serializeModel(everyOperation())).toEqual(serializeModel(everyOperation()));
  });

  it('stores equal constant operands once, in the outermost graph', () => {
    const g = new GraphBuilder();
    const x = g.input('x', { dtype: 'float32', shape: [4] });
    const flag = g.input('flag', { dtype: 'bool', shape: [] });
    const [y] = op.branch(
      g,
      flag,
      (then) => [op.reshape(then, x, [2, 2])],
      (otherwise) => [op.reshape(otherwise, op.neg(otherwise, x), [2, 2])],
    );
    const { graph } = decode(serializeModel(g.build('shared', [y ?? x])));
    expect(graph.initializer).toHaveLength(1);
    const branches = branchesOf(graph.node[0]);
    expect(branches.map(({ initializer }) => initializer)).toEqual([[], []]);
    expect(new Set(branches.map(({ node }) => node.at(-1)?.input[1])).size).toBe(1);
    // a shape would have to be that of both
    expect(branches.every(({ output }) => output[0]?.type.tensorType.shape === undefined)).toBe(true);
  });
});

function branchesOf(node: NodeMessage | undefined): GraphMessage[] {
  return (node?.attribute ?? []).flatMap(({ g }) => (g === undefined ? [] : [g]));
}

describe('what the runtime computes from it', () => {
  it('runs with every operation there is', async () => {
    const graph = everyOperation();
    const image = Float32Array.from({ length: 128 }, (_, i) => Math.sin(i));
    for (const flag of [true, false]) {
      const results = await compute(graph, {
        image: float32Tensor([2, 4, 4, 4], image),
        flag: boolTensor([], [flag]),
        ids: int64Tensor([3], [0, 5, 5]),
      });
      expect(results).toHaveLength(graph.outputs.length);
      expect(results.flat().every(Number.isFinite)).toBe(true);
    }
  });

  it('is the branch that its If is told to take', async () => {
    const g = new GraphBuilder();
    const x = g.input('x', { dtype: 'float32', shape: [2] });
    const flag = g.input('flag', { dtype: 'bool', shape: [] });
    const outputs = op.branch(
      g,
      flag,
      (then) => [op.mul(then, x, 2)],
      (otherwise) => [op.add(otherwise, x, 10)],
    );
    const graph = g.build('choice', outputs);
    expect(await compute(graph, { x: vector(1, 2), flag: boolTensor([], [true]) })).toEqual([[2, 4]]);
    expect(await compute(graph, { x: vector(1, 2), flag: boolTensor([], [false]) })).toEqual([[11, 12]]);
  });

  it('is the last state of its Loop, and what each iteration gave, stacked', async () => {
    const g = new GraphBuilder();
    const x = g.input('x', { dtype: 'float32', shape: [2] });
    const body = g.nested();
    const iteration = body.input('iteration', { dtype: 'int64', shape: [] });
    const now = body.input('now', { dtype: 'float32', shape: [2] });
    // captured from outside, besides being the first state
    const next = op.add(body, now, x);
    const number = op.cast(body, iteration, 'float32');
    const loop = g.addNode('Loop', [x], { trips: 3, body: body.build('body', [next, now, number]) });
    const results = await compute(g.build('loop', loop), { x: vector(1, 10) });
    expect(results).toEqual([
      [4, 40],
      [1, 10, 2, 20, 3, 30],
      [0, 1, 2],
    ]);
  });

  it('keeps attributes apart: a Gemm with a factor, a slice backwards, an average without padding', async () => {
    const g = new GraphBuilder();
    const x = g.input('x', { dtype: 'float32', shape: [2, 2] });
    const graph = g.build('attributes', [
      op.gemm(g, x, x, { transA: true, alpha: 0.5 }),
      g.add('Slice', [x], { axes: [1], starts: [-1], ends: [Number.MIN_SAFE_INTEGER], steps: [-1] }),
      g.add('ArgMax', [x], { axis: 0 }),
      g.add('Pad', [x], { pads: [1, 0, 0, 0], value: 9 }),
    ]);
    const results = await compute(graph, { x: float32Tensor([2, 2], Float32Array.of(1, 2, 3, 4)) });
    expect(results).toEqual([
      [5, 7, 7, 10],
      [2, 1, 4, 3],
      [1, 1],
      [9, 9, 1, 2, 3, 4],
    ]);
  });
});

describe('weights in a safetensors file', () => {
  const root = temporaryFolder();
  writeWeights(root);
  const x = { x: float32Tensor([1, 3], Float32Array.of(1, 10, 100)) };

  it('are read by models given as bytes, with the folder named', async () => {
    const graph = weightsOutside(root);
    const results = await run(serializeModel(graph), x, { folder: root });
    expect(Object.values(results).map(({ data }) => [...data])).toEqual([[321, 654]]);
  });

  it('are read by a model file beside them, wherever both are', async () => {
    const elsewhere = join(root, 'elsewhere');
    mkdirSync(elsewhere);
    copyFileSync(join(root, 'weights.safetensors'), join(elsewhere, 'weights.safetensors'));
    const path = join(elsewhere, 'model.onnx');
    writeFileSync(path, serializeModel(weightsOutside(root)));
    const results = await run(path, x);
    expect(Object.values(results).map(({ data }) => [...data])).toEqual([[321, 654]]);
  });

  it('are referred to, not copied', () => {
    const { graph } = decode(serializeModel(weightsOutside(root)));
    const [weight] = graph.initializer;
    expect(weight?.rawData).toBeUndefined();
    expect(weight?.dataLocation).toBe(1);
    expect(weight?.externalData?.map(({ key }) => key)).toEqual(['location', 'offset', 'length']);
    expect(weight?.externalData?.at(-1)?.value).toBe('24');
  });

  it('have to be there', async () => {
    const graph = weightsOutside(root);
    await expect(run(serializeModel(graph), x, { folder: join(root, 'nowhere') })).rejects.toMatchObject({
      code: 'SESSION_FAILED',
    });
  });
});
