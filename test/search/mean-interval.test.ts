import { describe, expect, it } from 'vitest';
import { meanInterval } from '../../src/search/mean-interval.js';

describe("Student's t interval", () => {
  /** `scipy.stats.t.interval(1 - 2 * tail, 4, loc=mean, scale=sem)` of 1, 2, 3, 4, 10; scipy 1.17. */
  it.each([
    [0.025, -0.3899, 8.3899],
    [0.001, -7.3418, 15.3418],
  ])('at %s on each side', (tail, low, high) => {
    const interval = meanInterval([1, 2, 3, 4, 10], tail);
    expect(interval.value).toBe(4);
    expect(interval.low).toBeCloseTo(low, 3);
    expect(interval.high).toBeCloseTo(high, 3);
  });

  it('of a single value has no ends', () => {
    expect(meanInterval([3], 0.1)).toEqual({
      value: 3,
      low: Number.NEGATIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
    });
  });

  it('of a part of so many values is narrower by the share that is left, and none of all of them', () => {
    const width = (population?: number): number => {
      const { low, high } = meanInterval([1, 2, 3, 4, 10], 0.025, population);
      return high - low;
    };
    expect(width(20) / width()).toBeCloseTo(Math.sqrt(1 - 5 / 20), 12);
    expect(meanInterval([1, 2, 3, 4, 10], 0.025, 5)).toEqual({ value: 4, low: 4, high: 4 });
  });
});
