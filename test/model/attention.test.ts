import { expect, test } from 'vitest';
import { gaussianNoise } from '../../src/diffusion/gaussian.js';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import { elementCount, type Shape } from '../../src/graph/value.js';
import { multiHeadAttention } from '../../src/model/attention.js';
import { float32Tensor, type Tensor } from '../../src/runtime/tensor.js';
import { runGraph, tensorNamed } from './golden.js';

const heads = 2;
const headSize = 3;

function noise(stream: number, shape: Shape): Tensor {
  return float32Tensor(shape, gaussianNoise({ seed: 0, index: 0, stream }, elementCount(shape)));
}

/** Section 3.2 of arXiv 1706.03762 for one query of one head, in float64. */
function attendOnce(
  { query, key, value, mask }: Readonly<Record<'query' | 'key' | 'value' | 'mask', Tensor>>,
  {
    row,
    from,
    to,
    head,
  }: { readonly row: number; readonly from: number; readonly to: number; readonly head: number },
): number[] {
  const channels = heads * headSize;
  const element = ({ data }: Tensor, at: number, i: number): number =>
    Number(data[at * channels + head * headSize + i]);
  const range = Array.from({ length: headSize }, (_, i) => i);
  const maskRow = row % (mask.shape[0] ?? 1);
  const shares = Array.from({ length: to - from }, (_, k) => {
    const dot = range.reduce((sum, i) => sum + element(query, row, i) * element(key, from + k, i), 0);
    return Math.exp(dot / Math.sqrt(headSize) + Number(mask.data[maskRow * (to - from) + k]));
  });
  const total = shares.reduce((sum, share) => sum + share, 0);
  return range.map(
    (i) => shares.reduce((sum, share, k) => sum + share * element(value, from + k, i), 0) / total,
  );
}

test('attention over many tokens goes in parts and gives what the formula gives', async () => {
  // 2 * 2 * 1451 * 1451 scores: just above the limit, in two parts of unequal length
  const [batch, tokens] = [2, 1451];
  const shape = [batch * tokens, heads * headSize];
  const tensors = {
    query: noise(0, shape),
    key: noise(1, shape),
    value: noise(2, shape),
    mask: noise(3, [tokens, tokens]),
  };
  const results = await runGraph(tensors, (g, input) => ({
    mixed: multiHeadAttention(g, input('query'), input('key'), input('value'), {
      batch,
      heads,
      mask: input('mask'),
    }),
  }));
  const mixed = tensorNamed(results, 'mixed');
  for (const row of [0, 725, 726, 1450, 1451, 2176, 2177, 2901]) {
    const image = Math.floor(row / tokens);
    for (let head = 0; head < heads; head += 1) {
      const site = { row, from: image * tokens, to: (image + 1) * tokens, head };
      const start = row * heads * headSize + head * headSize;
      attendOnce(tensors, site).forEach((expected, i) => {
        expect(Number(mixed.data[start + i])).toBeCloseTo(expected, 5);
      });
    }
  }
});

test.each([
  ['the emoji model: 64 tokens, 32 images', 32, 4, 64, 0],
  ['1024 tokens in 8 heads', 1, 8, 1024, 0],
  ['4096 tokens in 8 heads', 1, 8, 4096, 16],
  ['4096 tokens in 8 heads, with guidance', 2, 8, 4096, 32],
])('only what does not fit is taken in parts: %s', (_, batch, headCount, tokens, parts) => {
  const g = new GraphBuilder();
  const x = g.input('x', { dtype: 'float32', shape: [batch * tokens, headCount] });
  multiHeadAttention(g, x, x, x, { batch, heads: headCount });
  const nodes = g.nodes;
  expect(nodes.filter(({ op }) => op === 'Slice')).toHaveLength(parts);
  expect(nodes.filter(({ op }) => op === 'Softmax')).toHaveLength(Math.max(1, parts));
  const scores = nodes
    .filter(({ op }) => op === 'Softmax')
    .map(({ outputs }) => elementCount(outputs[0]?.shape ?? []));
  expect(Math.max(...scores)).toBeLessThanOrEqual(2 ** 23);
});
