import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gaussianBatch, gaussianNoise } from '../../src/diffusion/gaussian.js';
import { readGolden, worstDifference } from './golden.js';

interface GaussianCase {
  readonly seed: number;
  readonly index: number;
  readonly stream: number;
  readonly noise: readonly number[];
}

const COUNT = 100_000;
const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const moment = (values: Float32Array, power: number): number =>
  mean(Float64Array.from(values, (value) => value ** power));
const product = (a: Float32Array, b: Float32Array): number =>
  mean(Float64Array.from(a, (x, i) => x * (b[i] ?? NaN)));

/** Standard normal distribution function; Abramowitz and Stegun 7.1.26, good to 1.5e-7. */
function normalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const upper = (poly * Math.exp(-x * x)) / 2;
  return z > 0 ? 1 - upper : upper;
}

describe('gaussian noise', () => {
  test.each(readGolden('gaussian') as readonly GaussianCase[])(
    'is what an independent implementation draws: seed $seed, index $index, stream $stream',
    ({ noise, ...key }) => {
      expect(worstDifference(gaussianNoise(key, noise.length), noise)).toBeLessThan(1e-6);
    },
  );

  test('has the moments of a standard normal', () => {
    const noise = gaussianNoise({ seed: 1, index: 0 }, COUNT);
    const sigmas = (value: number, expected: number, variance: number): number =>
      Math.abs(value - expected) / Math.sqrt(variance / COUNT);
    expect(sigmas(moment(noise, 1), 0, 1)).toBeLessThan(4);
    expect(sigmas(moment(noise, 2), 1, 2)).toBeLessThan(4);
    expect(sigmas(moment(noise, 3), 0, 15)).toBeLessThan(4);
    expect(sigmas(moment(noise, 4), 3, 96)).toBeLessThan(4);
  });

  test('has the distribution of a standard normal (Kolmogorov-Smirnov, 0.1%)', () => {
    const sorted = gaussianNoise({ seed: 2, index: 0 }, COUNT).sort();
    const gaps = Float64Array.from(sorted, (z, i) => Math.abs(normalCdf(z) - (i + 0.5) / COUNT));
    expect(
      Math.max(...gaps.subarray(0, COUNT / 2), ...gaps.subarray(COUNT / 2)) * Math.sqrt(COUNT),
    ).toBeLessThan(1.95);
  });

  test('is uncorrelated with its neighbour and with other seeds, images and draws', () => {
    const key = { seed: 3, index: 5, stream: 0 };
    const noise = gaussianNoise(key, COUNT);
    const others = [
      gaussianNoise({ ...key, seed: 4 }, COUNT),
      gaussianNoise({ ...key, index: 6 }, COUNT),
      gaussianNoise({ ...key, stream: 1 }, COUNT),
      gaussianNoise({ seed: 5, index: 3 }, COUNT),
      Float32Array.of(...noise.subarray(1, COUNT / 2), ...noise.subarray(COUNT / 2), noise[0] ?? NaN),
    ];
    for (const other of others) {
      expect(Math.abs(product(noise, other)) * Math.sqrt(COUNT)).toBeLessThan(4);
    }
  });

  test('of an image depends on the seed and the image alone', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.array(fc.nat(), { minLength: 1, maxLength: 5 }), (seed, indices) => {
        const batch = gaussianBatch(seed, indices, 7, 2);
        indices.forEach((index, image) => {
          const alone = gaussianNoise({ seed, index, stream: 2 }, 7);
          expect(batch.subarray(7 * image, 7 * (image + 1))).toEqual(alone);
        });
      }),
    );
  });

  test('begins the same whatever its length', () => {
    const key = { seed: 9, index: 1 };
    expect(gaussianNoise(key, 5)).toEqual(gaussianNoise(key, 8).subarray(0, 5));
  });

  test.each([{ seed: -1 }, { seed: 0.5 }, { index: -1 }, { stream: NaN }, { seed: 2 ** 53 }])(
    'refuses %o',
    (part) => {
      expect(() => gaussianNoise({ seed: 0, index: 0, ...part }, 1)).toThrow(
        expect.objectContaining({ code: 'DIFFUSION_BAD_NOISE_KEY' }),
      );
    },
  );
});
