import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gradients } from '../../src/autodiff/gradients.js';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import * as op from '../../src/graph/ops.js';
import type { Value } from '../../src/graph/value.js';
import { multiHeadAttention } from '../../src/model/attention.js';
import { float32Tensor, int64Tensor } from '../../src/runtime/tensor.js';
import { crossEntropy } from '../../src/training/losses.js';
import { elements, withSession } from './run-graph.js';

interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface GoldenCase {
  readonly operands: Readonly<Record<string, GoldenTensor>>;
  readonly seed: GoldenTensor;
  readonly output: GoldenTensor;
  readonly gradients: Readonly<Record<string, GoldenTensor>>;
}

const path = new URL('../golden/autodiff/gradients.json', import.meta.url);
const golden = JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, GoldenCase>>;

/** Operands by name. */
type Operands = (name: string) => Value;

function attention(g: GraphBuilder, at: Operands): Value {
  const rows = (x: Value): Value => op.reshape(g, x, [-1, x.shape.at(-1) ?? 1]);
  const [query, key, value] = [at('query'), at('key'), at('value')];
  const mixed = multiHeadAttention(g, rows(query), rows(key), rows(value), { batch: 2, heads: 2 });
  return op.reshape(g, mixed, query.shape);
}

function resnetBlock(g: GraphBuilder, at: Operands): Value {
  const normed = (x: Value, i: number): Value =>
    op.silu(g, op.groupNorm(g, x, 2, at(`scale${i}`), at(`shift${i}`), 1e-5));
  const conv = (x: Value, i: number): Value =>
    op.conv2d(g, x, at(`weight${i}`), { bias: at(`bias${i}`), padding: 1 });
  const timed = op.add(
    g,
    conv(normed(at('x'), 1), 1),
    op.reshape(g, at('time'), [...at('time').shape, 1, 1]),
  );
  return op.add(g, at('x'), conv(normed(timed, 2), 2));
}

const convolution =
  (settings: Omit<NonNullable<Parameters<typeof op.conv2d>[3]>, 'bias'>) =>
  (g: GraphBuilder, at: Operands): Value =>
    op.conv2d(g, at('x'), at('weight'), { bias: at('bias'), ...settings });

const functions: Readonly<Record<string, (g: GraphBuilder, at: Operands) => Value>> = {
  'conv 3x3': convolution({ padding: 1 }),
  'conv 3x3, stride 2': convolution({ padding: 1, stride: 2 }),
  'conv 3x3, stride 2, padded right and below': convolution({ padding: [0, 0, 1, 1], stride: 2 }),
  'conv 1x1': convolution({}),
  'group norm': (g, at) => op.groupNorm(g, at('x'), 2, at('scale'), at('shift'), 1e-5),
  'layer norm': (g, at) => op.layerNorm(g, at('x'), at('scale'), at('shift'), 1e-5),
  linear: (g, at) => op.linear(g, at('x'), at('weight'), at('bias')),
  attention,
  gelu: (g, at) => op.gelu(g, at('x')),
  'gelu, tanh': (g, at) => g.add('Gelu', [at('x')], { approximate: 'tanh' }),
  silu: (g, at) => op.silu(g, at('x')),
  'cross entropy': (g, at) => crossEntropy(g, at('logits'), op.softmax(g, at('targets'))),
  embedding: (g, at) => op.gather(g, at('table'), at('indices')),
  'nearest upsampling': (g, at) => op.upsampleNearest(g, at('x'), 2),
  'resnet block': resnetBlock,
};

function expectClose(found: readonly number[], { data }: GoldenTensor): void {
  const size = Math.max(1, ...data.map(Math.abs));
  expect(found).toHaveLength(data.length);
  found.forEach((value, i) => {
    expect(Math.abs(value - (data[i] ?? NaN)) / size).toBeLessThan(5e-6);
  });
}

describe('gradients made by PyTorch', () => {
  it('are there for every function here', () => {
    expect(Object.keys(functions)).toEqual(Object.keys(golden));
  });

  it.each(Object.entries(golden))('%s', async (name, expected) => {
    const g = new GraphBuilder();
    const whole = (operand: string): boolean => expected.gradients[operand] === undefined;
    const operands = new Map(
      Object.entries(expected.operands).map(([operand, { shape }]) => [
        operand,
        g.input(operand, { dtype: whole(operand) ? 'int64' : 'float32', shape }),
      ]),
    );
    const y = functions[name]?.(g, (operand) => operands.get(operand) as Value) as Value;
    const seed = g.input('seed', { dtype: 'float32', shape: y.shape });
    const found = gradients(g, new Map([[y, seed]]), [...operands.values()]);
    const feeds = Object.fromEntries(
      [...Object.entries(expected.operands), ['seed', expected.seed] as const].map(
        ([operand, { shape, data }]) => [
          operand,
          operand !== 'seed' && whole(operand)
            ? int64Tensor(shape, data)
            : float32Tensor(shape, Float32Array.from(data)),
        ],
      ),
    );
    await withSession(g.build('golden', [y, ...found.values()]), async (run) => {
      const results = await run(feeds);
      expectClose(elements(results, y.name), expected.output);
      for (const [operand, gradient] of Object.entries(expected.gradients)) {
        expectClose(elements(results, found.get(operands.get(operand) as Value)?.name ?? ''), gradient);
      }
    });
  });
});
