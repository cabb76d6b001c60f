import { describe, expect, it } from 'vitest';
import { gaussianNoise } from '../../src/diffusion/gaussian.js';
import { nestedGraphs } from '../../src/graph/free-values.js';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import type { Graph, Node } from '../../src/graph/graph.js';
import { nodeScope } from '../../src/graph/node-scope.js';
import * as op from '../../src/graph/ops.js';
import { quantizeChannels } from '../../src/graph/quantize-channels.js';
import { deriveFrom, quantizeWeights } from '../../src/graph/quantize-weights.js';
import { elementCount, type Shape, type Value } from '../../src/graph/value.js';
import { verifyGraph } from '../../src/graph/verify-graph.js';
import { serializeModel } from '../../src/onnx/serialize-model.js';
import { parseDevice } from '../../src/runtime/device.js';
import { Session } from '../../src/runtime/session.js';
import { boolTensor, float32Tensor, type Tensors } from '../../src/runtime/tensor.js';

const noise = (shape: Shape, index: number): Float32Array =>
  gaussianNoise({ seed: 1, index }, elementCount(shape));

const weight = (g: GraphBuilder, name: string, shape: Shape): Value =>
  g.initializer(name, { dtype: 'float32', shape }, noise(shape, name.length));

const everything = (): boolean => true;

const opsOf = ({ nodes }: Graph): string[] => nodes.map((node) => node.op);
const allNodes = ({ nodes }: Graph): Node[] =>
  nodes.flatMap((node) => [node, ...nestedGraphs(node).flatMap(allNodes)]);

async function run(graph: Graph, feeds: Tensors): Promise<Float32Array> {
  const session = await Session.create(serializeModel(graph), parseDevice('cpu', 1));
  const outputs = await session.run(feeds);
  await session.release();
  return outputs[graph.outputs[0]?.name ?? '']?.data as Float32Array;
}

/** How far arrays are apart, as a share of the size of the first. */
function relativeError(expected: Float32Array, found: Float32Array): number {
  const norm = (values: Float32Array): number => Math.hypot(...values);
  return norm(expected.map((value, i) => value - (found[i] ?? Number.NaN))) / norm(expected);
}

/** A convolution, a linear layer with a bias and one whose factor is not transposed, each in a scope of its own. */
function threeLayers(): Graph {
  const g = new GraphBuilder();
  const x = g.input('x', { dtype: 'float32', shape: [2, 3, 4, 4] });
  const bias = g.initializer('b', { dtype: 'float32', shape: [6] }, noise([6], 9));
  const image = g.scope('conv', () => op.conv2d(g, x, weight(g, 'kernel', [5, 3, 3, 3]), { padding: 1 }));
  const rows = op.reshape(g, image, [2, 80]);
  const linear = g.scope('linear', () => op.linear(g, rows, weight(g, 'matrix', [6, 80]), bias));
  const product = g.scope('product', () => op.matMul(g, linear, weight(g, 'factors', [6, 7])));
  return g.build('layers', [product]);
}

const feeds = { x: float32Tensor([2, 3, 4, 4], noise([2, 3, 4, 4], 0)) };

describe('a quantised graph', () => {
  const graph = threeLayers();
  const quantized = quantizeWeights(graph, everything);

  it('is well formed, and has no weight in float32 that it does not need', () => {
    verifyGraph(quantized);
    const large = quantized.initializers.filter(({ value: { shape } }) => shape.length > 1);
    expect(large.map(({ value: { dtype } }) => dtype)).toEqual(['int8', 'int8', 'int8']);
  });

  it('multiplies linear layers in integers, and widens kernels', () => {
    const ops = opsOf(quantized);
    expect(ops.filter((each) => each === 'MatMulInteger')).toHaveLength(2);
    expect(ops.filter((each) => each === 'DequantizeLinear')).toHaveLength(1);
    expect(ops).not.toContain('Gemm');
    expect(ops).not.toContain('MatMul');
  });

  it('keeps inputs, outputs and the scope of every node', () => {
    expect(quantized.inputs).toEqual(graph.inputs);
    expect(quantized.outputs).toEqual(graph.outputs);
    const scopes = new Set(graph.nodes.map(nodeScope));
    expect(new Set(quantized.nodes.map(nodeScope))).toEqual(scopes);
  });

  it('computes nearly the same', async () => {
    const error = relativeError(await run(graph, feeds), await run(quantized, feeds));
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(0.02);
  });

  it('rounds nothing but the weight of a convolution', async () => {
    const g = new GraphBuilder();
    const x = g.input('x', { dtype: 'float32', shape: [2, 3, 4, 4] });
    const shape = [5, 3, 3, 3];
    const kernel = weight(g, 'kernel', shape);
    const conv = g.build('conv', [op.conv2d(g, x, kernel, { padding: 1 })]);
    const { codes, scales } = quantizeChannels(noise(shape, 'kernel'.length), 5, { name: 'w' });
    const rounded = Float32Array.from(codes, (code, i) => code * (scales[Math.floor(i / 27)] ?? 0));
    const expected = { ...conv, initializers: [{ value: kernel, data: rounded }] };
    const found = await run(quantizeWeights(conv, everything), feeds);
    expect(relativeError(await run(expected, feeds), found)).toBeLessThan(1e-6);
  });
});

describe('chosen scopes', () => {
  it('are quantised, and no others', () => {
    const quantized = quantizeWeights(threeLayers(), (scope) => scope === 'linear');
    verifyGraph(quantized);
    expect(opsOf(quantized)).toEqual(expect.arrayContaining(['Conv', 'MatMulInteger', 'MatMul']));
    const types = new Map(quantized.initializers.map(({ value }) => [value.name, value.dtype]));
    expect(types.get('kernel')).toBe('float32');
    expect(types.get('factors')).toBe('float32');
    expect(types.has('matrix')).toBe(false);
  });

  it('leave the graph as it is where there are none', () => {
    const graph = threeLayers();
    expect(quantizeWeights(graph, () => false)).toEqual(graph);
  });

  it('share a weight with others that keep it in float32', async () => {
    const g = new GraphBuilder();
    const x = g.input('x', { dtype: 'float32', shape: [2, 8] });
    const shared = weight(g, 'shared', [8, 8]);
    const once = g.scope('one', () => op.linear(g, x, shared));
    const graph = g.build('shared', [g.scope('other', () => op.linear(g, once, shared))]);
    const quantized = quantizeWeights(graph, (scope) => scope === 'one');
    expect(opsOf(quantized).filter((each) => each === 'Gemm')).toHaveLength(1);
    const input = { x: float32Tensor([2, 8], noise([2, 8], 3)) };
    expect(relativeError(await run(graph, input), await run(quantized, input))).toBeLessThan(0.02);
  });
});

describe('weights in a file', () => {
  const graph = threeLayers();
  const inFile: Graph = {
    ...graph,
    initializers: graph.initializers.map(({ value, data }) =>
      value.name === 'kernel' ? { value, data: { location: 'w', offset: 0, length: 4 } } : { value, data },
    ),
  };

  it('are read by their names, and no others', () => {
    const read: string[] = [];
    const derive = deriveFrom((name) => {
      read.push(name);
      return noise([5, 3, 3, 3], name.length);
    });
    const { initializers } = quantizeWeights(inFile, everything, derive);
    expect(initializers).toEqual(quantizeWeights(graph, everything).initializers);
    expect(new Set(read)).toEqual(new Set(['kernel']));
  });

  it('are not taken for empty where they cannot be read', () => {
    expect(() => quantizeWeights(inFile, everything)).toThrow('no elements of kernel');
  });
});

describe('inside branches', () => {
  /** A 1x1 kernel used as a matrix, captured by one branch of an `If`. */
  function gated(): Graph {
    const g = new GraphBuilder();
    const gate = g.input('gate', { dtype: 'bool', shape: [] });
    const x = g.input('x', { dtype: 'float32', shape: [4, 6] });
    const kernel = weight(g, 'kernel', [6, 6, 1, 1]);
    const outputs = g.scope('block', () =>
      op.branch(
        g,
        gate,
        (nested) => [op.linear(nested, x, op.reshape(nested, kernel, [6, 6]))],
        (nested) => [op.mul(nested, x, 2)],
      ),
    );
    return g.build('gated', outputs);
  }

  it('a kernel that is used as a matrix is one', async () => {
    const graph = gated();
    const quantized = quantizeWeights(graph, everything);
    verifyGraph(quantized);
    expect(allNodes(quantized).map((node) => node.op)).not.toContain('Reshape');
    expect(quantized.initializers.map(({ value: { name } }) => name)).not.toContain('kernel');
    for (const open of [true, false]) {
      const input = { gate: boolTensor([], [open]), x: float32Tensor([4, 6], noise([4, 6], 5)) };
      const error = relativeError(await run(graph, input), await run(quantized, input));
      expect(error).toBeLessThan(open ? 0.02 : 1e-9);
    }
  });
});
