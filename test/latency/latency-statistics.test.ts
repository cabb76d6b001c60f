import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  findOutliers,
  intervalRank,
  isDrifting,
  medianInterval,
} from '../../src/latency/latency-statistics.js';
import { skewedNoise } from './simulated-machine.js';

const series = (length: number, next: (index: number) => number): number[] =>
  Array.from({ length }, (_, index) => next(index));

describe('the interval of the median', () => {
  test.each([
    [5, 0],
    [6, 1],
    [8, 1],
    [9, 2],
    [10, 2],
    [20, 6],
    [50, 18],
    [100, 40],
  ])('of %i samples goes from rank %i', (n, rank) => {
    // the customary table, e.g. Conover, Practical Nonparametric Statistics, section 3.2
    expect(intervalRank(n)).toBe(rank);
  });

  test('has a rank for series of any length', () => {
    for (const n of [1_000, 5_000, 100_000]) {
      expect(Math.abs(intervalRank(n) - (n / 2 - 0.98 * Math.sqrt(n)))).toBeLessThan(2);
    }
  });

  test.each([6, 10, 25, 80])('holds the true median of %i skewed samples 95 times of 100', (n) => {
    const noise = skewedNoise(n, 0.4);
    const trials = 4_000;
    const hits = series(trials, () => {
      const { low, high } = medianInterval(series(n, () => 5 * noise()));
      return Number(low <= 5 && 5 <= high);
    });
    const coverage = hits.reduce((sum, hit) => sum + hit, 0) / trials;
    expect(coverage).toBeGreaterThan(0.945);
    expect(coverage).toBeLessThan(0.99);
  });

  test('encloses the median, whatever the samples and their order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1 }), (samples) => {
        const interval = medianInterval(samples);
        expect(interval.low).toBeLessThanOrEqual(interval.value);
        expect(interval.value).toBeLessThanOrEqual(interval.high);
        expect(medianInterval(samples.toReversed())).toEqual(interval);
      }),
    );
  });

  test('is the range of fewer than six', () => {
    expect(medianInterval([3, 1, 2])).toEqual({ value: 2, low: 1, high: 3 });
  });

  test('is not there without samples', () => {
    expect(() => medianInterval([])).toThrow('at least one sample');
  });
});

describe('warnings of a series', () => {
  test('far out samples are found where they stand', () => {
    expect(findOutliers([10, 11, 90, 12, 10, 11, 0.1, 12])).toEqual([2, 6]);
    expect(findOutliers([10, 11, 14, 12, 10, 11, 12, 9])).toEqual([]);
    expect(findOutliers([])).toEqual([]);
  });

  test('a step is a drift, noise is not', () => {
    const noise = skewedNoise(3, 0.05);
    const flat = series(60, () => 10 * noise());
    expect(isDrifting(flat)).toBe(false);
    expect(isDrifting(flat.map((ms, index) => (index < 30 ? ms : ms * 1.2)))).toBe(true);
    expect(isDrifting([1, 1, 1, 9, 9, 9])).toBe(false);
  });
});
