import { describe, expect, it } from 'vitest';
import { gaussianNoise } from '../../src/diffusion/gaussian.js';
import { bootstrapDifference } from '../../src/search/bootstrap.js';

const trials = 300;
const images = 48;
const effect = 0.01;

/** CLIP scores of two architectures: what a caption and its noise do to both, then what is each one's own. */
function simulate(trial: number): { readonly one: number[]; readonly other: number[] } {
  const noise = gaussianNoise({ seed: 17, index: trial }, 3 * images);
  const at = (k: number): number => noise[k] ?? Number.NaN;
  const shared = Array.from({ length: images }, (_, k) => 0.3 + 0.05 * at(k));
  return {
    one: shared.map((score, k) => score + effect + 0.01 * at(images + k)),
    other: shared.map((score, k) => score + 0.01 * at(2 * images + k)),
  };
}

describe('the interval of a paired difference of scores', () => {
  const intervals = Array.from({ length: trials }, (_, trial) => {
    const { one, other } = simulate(trial);
    return bootstrapDifference(one, other, { seed: trial, round: 1 });
  });

  it('holds the truth about 95 times of 100', () => {
    const covering = intervals.filter(({ low, high }) => low <= effect && effect <= high).length;
    expect(covering / trials).toBeGreaterThan(0.9);
    expect(covering / trials).toBeLessThan(0.985);
  });

  it('does not widen with what the captions do to both', () => {
    const widths = intervals.map(({ low, high }) => high - low);
    const meanWidth = widths.reduce((sum, width) => sum + width, 0) / trials;
    const paired = 2 * 1.96 * (Math.hypot(0.01, 0.01) / Math.sqrt(images));
    expect(meanWidth / paired).toBeGreaterThan(0.9);
    expect(meanWidth / paired).toBeLessThan(1.1);
  });
});
