import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import type { Value } from '../../src/graph/value.js';
import { float32Tensor, type Tensor } from '../../src/runtime/tensor.js';
import { contrastiveLoss, gaussianDivergence, meanSquaredError } from '../../src/training/losses.js';
import { elements, withSession } from '../autodiff/run-graph.js';

/** What a loss is of some tensors. */
async function lossOf(
  build: (g: GraphBuilder, ...inputs: Value[]) => Value,
  ...tensors: readonly Tensor[]
): Promise<number> {
  const g = new GraphBuilder();
  const loss = build(g, ...tensors.map((tensor, i) => g.input(`x${i}`, tensor)));
  expect(loss.shape).toEqual([]);
  const feeds = Object.fromEntries(tensors.map((tensor, i) => [`x${i}`, tensor]));
  return withSession(g.build('loss', [loss]), async (run) => elements(await run(feeds), loss.name)[0] ?? NaN);
}

const [batch, width] = [3, 4];
const numbers = fc.array(fc.float({ min: -2, max: 2, noNaN: true }), {
  minLength: batch * width,
  maxLength: batch * width,
});
const tensor = (values: readonly number[], ...shape: number[]): Tensor =>
  float32Tensor(shape, Float32Array.from(values));
const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
const checked = { numRuns: 15 };

describe('the mean squared error', () => {
  it('is the mean over all elements', async () => {
    await fc.assert(
      fc.asyncProperty(numbers, numbers, async (one, other) => {
        const expected = mean(one.map((x, i) => (x - (other[i] ?? NaN)) ** 2));
        const found = await lossOf(meanSquaredError, tensor(one, batch, width), tensor(other, batch, width));
        expect(found).toBeCloseTo(expected, 4);
      }),
      checked,
    );
  });
});

describe("the Gaussians' divergence", () => {
  it('is summed over a latent and averaged over the batch', async () => {
    await fc.assert(
      fc.asyncProperty(numbers, numbers, async (means, logVariances) => {
        // log(1 / s) + (s^2 + m^2) / 2 - 1 / 2, another way of writing it
        const each = means.map((m, i) => {
          const deviation = Math.exp((logVariances[i] ?? NaN) / 2);
          return -Math.log(deviation) + (deviation ** 2 + m ** 2) / 2 - 0.5;
        });
        const found = await lossOf(
          gaussianDivergence,
          tensor(means, batch, width),
          tensor(logVariances, batch, width),
        );
        expect(found).toBeCloseTo(width * mean(each), 3);
      }),
      checked,
    );
  });

  it('is zero for the standard normal alone', async () => {
    const zeros = tensor(new Array<number>(batch * width).fill(0), batch, width);
    const ones = tensor(new Array<number>(batch * width).fill(1), batch, width);
    expect(await lossOf(gaussianDivergence, zeros, zeros)).toBe(0);
    expect(await lossOf(gaussianDivergence, ones, zeros)).toBeCloseTo(width / 2, 5);
  });
});

describe("CLIP's contrastive loss", () => {
  const rows = (values: readonly number[]): number[][] =>
    Array.from({ length: batch }, (_, i) => values.slice(i * width, (i + 1) * width));

  /** Cross entropy of each row of logits, in double precision. */
  const entropy = (logits: readonly (readonly number[])[], same: readonly (readonly number[])[]): number =>
    mean(
      logits.map((row, i) => {
        const total = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
        return row.reduce((sum, x, k) => sum - (same[i]?.[k] ?? NaN) * (x - total), 0);
      }),
    );
  const turned = (matrix: readonly (readonly number[])[]): number[][] =>
    matrix.map((_, i) => matrix.map((row) => row[i] ?? NaN));

  it.each([
    [
      'of different pictures',
      [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
    ],
    [
      'of pictures of which one is there twice',
      [
        [0.5, 0, 0.5],
        [0, 1, 0],
        [0.5, 0, 0.5],
      ],
    ],
  ])('is the mean of both ways of asking: %s', async (_, same) => {
    await fc.assert(
      fc.asyncProperty(numbers, numbers, async (images, texts) => {
        const [captions, logScale] = [rows(texts), 0.7];
        const logits = rows(images).map((image) =>
          captions.map(
            (text) => Math.exp(logScale) * image.reduce((sum, x, k) => sum + x * (text[k] ?? NaN), 0),
          ),
        );
        const expected = (entropy(logits, same) + entropy(turned(logits), turned(same))) / 2;
        const found = await lossOf(
          contrastiveLoss,
          ...[tensor(images, batch, width), tensor(texts, batch, width)],
          ...[tensor([logScale]), tensor(same.flat(), batch, batch)],
        );
        expect(Math.abs(found - expected)).toBeLessThan(1e-4 * (1 + Math.abs(expected)));
      }),
      checked,
    );
  });
});
