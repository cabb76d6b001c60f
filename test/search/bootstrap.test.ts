import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrapDifference, bootstrapMean } from '../../src/search/bootstrap.js';

const SEED = { seed: 3, round: 2 };
const scores = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 12 });

describe('the bootstrap', () => {
  it('contains the mean and lies within the values', () => {
    fc.assert(
      fc.property(scores, (values) => {
        const { value, low, high } = bootstrapMean(values, SEED);
        expect(low).toBeLessThanOrEqual(value);
        expect(high).toBeGreaterThanOrEqual(value);
        expect(low).toBeGreaterThanOrEqual(Math.min(...values) - 1e-12);
        expect(high).toBeLessThanOrEqual(Math.max(...values) + 1e-12);
      }),
      { numRuns: 30 },
    );
  });

  it('is near the normal interval for many values', () => {
    const values = Array.from({ length: 400 }, (_, index) => Math.sin(index * 12.9898));
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    const { value, low, high } = bootstrapMean(values, SEED);
    const expected = (1.96 * deviation) / Math.sqrt(values.length);
    expect(high - value).toBeCloseTo(expected, 1.5);
    expect((high - low) / (2 * expected)).toBeGreaterThan(0.9);
    expect((high - low) / (2 * expected)).toBeLessThan(1.1);
  });

  it('depends on seed and round alone', () => {
    const values = Array.from({ length: 20 }, (_, index) => Math.sin(index));
    expect(bootstrapMean(values, SEED)).toEqual(bootstrapMean(values, SEED));
    expect(bootstrapMean(values, { seed: 3, round: 3 })).not.toEqual(bootstrapMean(values, SEED));
    expect(bootstrapMean(values, { seed: 4, round: 2 })).not.toEqual(bootstrapMean(values, SEED));
    expect(bootstrapMean(values, { seed: 3 + 2 ** 32, round: 2 })).not.toEqual(bootstrapMean(values, SEED));
  });

  it('is paired: what both share does not widen a difference', () => {
    const shared = [0.1, 0.9, 0.3, 0.7, 0.2, 0.8];
    const { value, low, high } = bootstrapDifference(
      shared.map((score) => score + 0.01),
      shared,
      SEED,
    );
    expect([value, low, high].map((each) => Number(each.toFixed(9)))).toEqual([0.01, 0.01, 0.01]);
  });
});
