import { describe, expect, it } from 'vitest';
import { bootstrapMean } from '../../src/search/bootstrap.js';
import { boundWorstLoss } from '../../src/search/worst-loss.js';

const losses = Array.from({ length: 64 }, (_, i) => 0.02 + 0.05 * Math.sin(2.4 * i));
const of = (values: readonly number[]) => bootstrapMean(values, { seed: 0, round: 1 });
const fullPass = { captionCount: 64, tail: 0.001, slack: 0 };

describe('the worst loss', () => {
  it('is the upper end of the interval once all captions are scored', () => {
    const { high } = of(losses);
    expect(boundWorstLoss(losses, of(losses), fullPass)).toEqual({ low: high, high });
  });

  it('is foretold by bounds that hold it, the closer the more captions are scored', () => {
    const { high } = of(losses);
    const widths = [8, 16, 32, 63].map((count) => {
      const scored = losses.slice(0, count);
      const bounds = boundWorstLoss(scored, of(scored), fullPass);
      expect(bounds.low).toBeLessThan(high + 0.001);
      expect(bounds.high).toBeGreaterThan(high - 0.001);
      return bounds.high - bounds.low;
    });
    expect(widths).toEqual(widths.toSorted((one, other) => other - one));
  });

  it('may be above the upper bound by the slack, but not below the lower', () => {
    const scored = losses.slice(0, 16);
    const strict = boundWorstLoss(scored, of(scored), fullPass);
    const lenient = boundWorstLoss(scored, of(scored), { ...fullPass, slack: 0.01 });
    expect(lenient.low).toBe(strict.low);
    expect(lenient.high).toBeCloseTo(strict.high - 0.01, 12);
    const never = boundWorstLoss(scored, of(scored), { ...fullPass, slack: 9 });
    expect(never.high).toBe(never.low);
  });

  it('is not known by one caption', () => {
    expect(boundWorstLoss([0.1], of([0.1]), fullPass)).toEqual({
      low: Number.NEGATIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
    });
  });
});
