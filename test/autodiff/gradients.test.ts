import { describe, expect, it } from 'vitest';
import { gradients, lossGradients } from '../../src/autodiff/gradients.js';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import * as op from '../../src/graph/ops.js';
import type { Shape, Value } from '../../src/graph/value.js';
import { activations } from '../../src/model/activation.js';
import { float32Tensor } from '../../src/runtime/tensor.js';
import { elements, withSession } from './run-graph.js';

const real = (g: GraphBuilder, name: string, shape: Shape = []): Value =>
  g.input(name, { dtype: 'float32', shape });
const scalar = (value: number): ReturnType<typeof float32Tensor> => float32Tensor([], Float32Array.of(value));
const vector = (...values: number[]): ReturnType<typeof float32Tensor> =>
  float32Tensor([values.length], Float32Array.from(values));

/** Gradients of the sum of a function of vectors. */
async function slopes(
  build: (g: GraphBuilder, ...operands: Value[]) => Value,
  ...operands: readonly (readonly number[])[]
): Promise<number[][]> {
  const g = new GraphBuilder();
  const inputs = operands.map((values, i) => real(g, `x${i}`, [values.length]));
  const y = build(g, ...inputs);
  const found = lossGradients(g, op.reduceSum(g, y, op.allAxes(y)), inputs);
  const feeds = Object.fromEntries(operands.map((values, i) => [`x${i}`, vector(...values)]));
  return withSession(g.build('slopes', [...found.values()]), async (run) => {
    const results = await run(feeds);
    return [...found.values()].map(({ name }) => elements(results, name));
  });
}

describe('gradients', () => {
  it('adds up what a value gets from each of its uses', async () => {
    const g = new GraphBuilder();
    const x = real(g, 'x');
    const y = op.add(g, op.mul(g, x, op.sin(g, x)), op.sub(g, op.exp(g, x), op.mul(g, x, 3)));
    const found = lossGradients(g, y, [x]);
    const slope = await withSession(g.build('sum', [...found.values()]), async (run) =>
      elements(await run({ x: scalar(0.7) }), found.get(x)?.name ?? ''),
    );
    expect(slope[0]).toBeCloseTo(Math.sin(0.7) + 0.7 * Math.cos(0.7) + Math.exp(0.7) - 3, 5);
  });

  it('starts from several outputs with gradients of their own, one of them on the way to another', async () => {
    const g = new GraphBuilder();
    const x = real(g, 'x');
    const square = op.square(g, x);
    const cube = op.mul(g, square, x);
    const seeds = new Map([
      [square, g.scalar(10)],
      [cube, g.scalar(1)],
    ]);
    const found = gradients(g, seeds, [x]);
    const slope = await withSession(g.build('seeds', [...found.values()]), async (run) =>
      elements(await run({ x: scalar(2) }), found.get(x)?.name ?? ''),
    );
    expect(slope).toEqual([10 * 4 + 12]);
  });

  it('are there for what SiLU makes of x and for its sigmoid alike', async () => {
    const g = new GraphBuilder();
    const x = real(g, 'x');
    const gate = op.sigmoid(g, x);
    const found = lossGradients(g, op.mul(g, x, gate), [x, gate]);
    const [slope, slopeOfGate] = await withSession(g.build('silu', [...found.values()]), async (run) => {
      const results = await run({ x: scalar(0.7) });
      return [x, gate].map((value) => elements(results, found.get(value)?.name ?? '')[0]);
    });
    const sigmoid = 1 / (1 + Math.exp(-0.7));
    expect(slope).toBeCloseTo(sigmoid + 0.7 * sigmoid * (1 - sigmoid), 5);
    expect(slopeOfGate).toBeCloseTo(0.7, 5);
  });

  it('pass through ReLU above zero only, as in PyTorch', async () => {
    expect(await slopes((g, x) => activations.relu(g, x), [-1, 0, 2])).toEqual([[0, 0, 1]]);
  });

  it('are also there for values inside the graph, and for the loss', () => {
    const g = new GraphBuilder();
    const x = real(g, 'x');
    const inner = op.exp(g, x);
    const loss = op.sin(g, inner);
    const found = lossGradients(g, loss, [loss, inner, x]);
    expect([...found.keys()]).toEqual([loss, inner, x]);
    expect(found.get(loss)).toBe(g.scalar(1));
  });

  it('are not there for values the loss does not depend on', () => {
    const g = new GraphBuilder();
    const [x, y, unused] = [real(g, 'x'), real(g, 'y'), real(g, 'unused')];
    const masked = op.where(g, op.greater(g, y, 0), x, 0);
    op.mul(g, unused, masked);
    expect([...lossGradients(g, masked, [x, y, unused]).keys()]).toEqual([x]);
  });

  it('cost nothing for operands that are not wanted', () => {
    const g = new GraphBuilder();
    const [image, weight] = [real(g, 'image', [1, 2, 4, 4]), real(g, 'weight', [3, 2, 3, 3])];
    const y = op.conv2d(g, image, weight, { padding: 1 });
    const before = g.nodes.length;
    lossGradients(g, op.reduceSum(g, y, op.allAxes(y)), [weight]);
    const added = g.nodes.slice(before).map((node) => node.op);
    expect(added.filter((name) => name === 'Gemm')).toHaveLength(9);
    expect(added).not.toContain('Conv');
  });

  it('do not go through nodes that lie before every wanted value', () => {
    const g = new GraphBuilder();
    const x = real(g, 'x');
    const inner = op.exp(g, op.sin(g, x));
    const loss = op.square(g, inner);
    const before = g.nodes.length;
    lossGradients(g, loss, [inner]);
    expect(g.nodes.slice(before).every((node) => node.op === 'Mul')).toBe(true);
  });

  it('keep the scope of the nodes they belong to', () => {
    const g = new GraphBuilder();
    const x = real(g, 'x');
    const first = g.scope('first', () => op.tanh(g, x));
    const loss = g.scope('second', () => op.mul(g, first, first));
    const before = g.nodes.length;
    g.scope('elsewhere', () => lossGradients(g, loss, [x]));
    const scopes = g.nodes.slice(before).map(({ name }) => name.split('|')[0]);
    expect([...new Set(scopes)]).toEqual(['second', 'first']);
  });

  it('take two passes over a SiLU as one, whichever way round its factors stand', () => {
    const g = new GraphBuilder();
    const x = real(g, 'x', [3]);
    const y = op.silu(g, x);
    const before = g.nodes.length;
    gradients(g, new Map([[y, real(g, 'seed', [3])]]), [x]);
    expect(g.nodes.slice(before)).toHaveLength(4);
  });
});

describe('where a function has no slope', () => {
  it('Abs has none at zero', async () => {
    expect(await slopes((g, x) => g.add('Abs', [x], {}), [-2, 0, 3])).toEqual([[-1, 0, 1]]);
  });

  it('Max and Min give all of it to the first of two equal operands', async () => {
    const expected = [
      [0, 1, 1],
      [1, 0, 0],
    ];
    expect(await slopes((g, a, b) => op.max(g, a, b), [1, 2, 3], [2, 2, 1])).toEqual(expected);
    expect(await slopes((g, a, b) => op.min(g, a, b), [2, 2, 1], [1, 2, 3])).toEqual(expected);
  });

  it('ReduceMax shares it equally among all that are the largest', async () => {
    expect(await slopes((g, x) => op.reduceMax(g, x, [0]), [4, 1, 4, 2])).toEqual([[0.5, 0, 0.5, 0]]);
  });
});

describe('what can not be differentiated is an error that names the node', () => {
  const image: Shape = [1, 2, 4, 4];
  it.each<[string, (g: GraphBuilder, x: Value) => Value, RegExp]>([
    [
      'a Loop',
      (g, x) => {
        const body = op.buildNested(g, 'body', (nested) => {
          nested.input('iteration', { dtype: 'int64', shape: [] });
          return [op.exp(nested, nested.input('state', { dtype: x.dtype, shape: x.shape }))];
        });
        return g.add('Loop', [x], { trips: 2, body });
      },
      /Loop has no gradient/,
    ],
    [
      'a convolution in groups',
      (g, x) => op.conv2d(g, x, g.filled([2, 1, 3, 3], 1), { group: 2 }),
      /convolution in 2 groups/,
    ],
    [
      'a padded AveragePool',
      (g, x) => g.add('AveragePool', [x], { kernel: [2, 2], strides: [2, 2], pads: [1, 1, 1, 1] }),
      /padded AveragePool/,
    ],
    [
      'a Slice with steps',
      (g, x) => g.add('Slice', [x], { axes: [3], starts: [0], ends: [4], steps: [2] }),
      /steps/,
    ],
    ['a cropping Pad', (g, x) => g.add('Pad', [x], { pads: [0, 0, 0, 0, 0, 0, 0, -1], value: 0 }), /crops/],
    [
      'the deviation of a LayerNormalization',
      (g, x) =>
        g.addNode('LayerNormalization', [x, g.filled([4], 1)], { axis: -1, epsilon: 1e-5 })[2] as Value,
      /first output only/,
    ],
  ])('%s', (_, build, message) => {
    const g = new GraphBuilder();
    const x = real(g, 'x', image);
    const y = g.scope('block', () => build(g, x));
    const differentiate = (): unknown => gradients(g, new Map([[y, y]]), [x]);
    expect(differentiate).toThrow(message);
    expect(differentiate).toThrow(
      expect.objectContaining({
        code: 'GRAPH_INVALID',
        where: expect.stringMatching(/^block\|/) as string,
      }) as Error,
    );
  });
});
