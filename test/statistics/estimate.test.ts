import { describe, expect, test } from 'vitest';
import { relativeWidth } from '../../src/latency/latency-statistics.js';
import { difference, negate, quotient, scale, sum, ZERO } from '../../src/statistics/estimate.js';

const one = { value: 10, low: 7, high: 11 };
const other = { value: 2, low: 1.5, high: 6 };

describe('estimates', () => {
  test('subtract with half-widths in quadrature, each end with the other one’s opposite', () => {
    expect(difference(one, other)).toEqual({ value: 8, low: 3, high: 8 + Math.hypot(1, 0.5) });
    expect(difference(one, ZERO)).toEqual(one);
  });

  test('add with half-widths in quadrature, in any number', () => {
    expect(sum(one, other)).toEqual({ value: 12, low: 12 - Math.hypot(3, 0.5), high: 12 + Math.hypot(1, 4) });
    expect(sum()).toEqual(ZERO);
  });

  test('change sign with their ends', () => {
    expect(negate(other)).toEqual({ value: -2, low: -6, high: -1.5 });
    expect(negate(ZERO)).toEqual(ZERO);
  });

  test('scale with their interval, which keeps its relative width', () => {
    expect(scale(other, 0.5)).toEqual({ value: 1, low: 0.75, high: 3 });
    expect(relativeWidth(scale(other, 7))).toBeCloseTo(relativeWidth(other));
    expect(relativeWidth(ZERO)).toBe(Infinity);
  });

  test('divide with half-widths, as shares, in quadrature, each end with the other one’s opposite', () => {
    const { value, low, high } = quotient(one, { value: 4, low: 3, high: 6 });
    expect(value).toBe(2.5);
    expect(low).toBeCloseTo(2.5 * Math.exp(-Math.hypot(Math.log(10 / 7), Math.log(6 / 4))), 12);
    expect(high).toBeCloseTo(2.5 * Math.exp(Math.hypot(Math.log(11 / 10), Math.log(4 / 3))), 12);
    expect(low).toBeGreaterThan(one.low / 6);
    expect(high).toBeLessThan(one.high / 3);
    expect(quotient(scale(one, 3), { value: 3, low: 3, high: 3 }).high).toBeCloseTo(one.high, 12);
  });
});
