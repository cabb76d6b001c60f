import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lossSeries } from '../../src/report/loss-series.js';
import { syntheticLosses } from './synthetic-run.js';

const losses = [...syntheticLosses('vae', 10, 0.1, 1), ...syntheticLosses('unet', 7, 0.1, 2)];

describe('lossSeries', () => {
  it('makes one series a phase and keeps every step when they are few', () => {
    const series = lossSeries(losses);
    expect(series.map(({ phase }) => phase)).toEqual(['vae', 'unet']);
    const stored = series.flatMap(({ phase, points }) => points.map(({ step, loss }) => [phase, step, loss]));
    expect(stored).toEqual(losses.map(({ phase, step, loss }) => [phase, step, loss]));
  });

  it('averages the steps that a point stands for', () => {
    const [first, second, third] = lossSeries(losses, { maxPoints: 4 })[0]?.points ?? [];
    expect([first?.step, second?.step, third?.step]).toEqual([3, 6, 9]);
    const expected = losses.slice(3, 6).reduce((sum, { loss }) => sum + loss, 0) / 3;
    expect(second?.loss).toBeCloseTo(expected, 12);
  });

  it('halves the weight of a loss in a half-life, however the steps are spaced', () => {
    const at = (step: number, loss: number) => ({ phase: 'p', step, loss, learningRate: 0, extras: {} });
    const [series] = lossSeries([at(0, 1), at(100, 3)], { halfLifeSteps: 100 });
    const keepOne = 0.5 ** (1 / 100);
    const weightOfFirst = (1 - keepOne) * 0.5;
    const expected = (weightOfFirst * 1 + 0.5 * 3) / (weightOfFirst + 0.5);
    expect(series?.points[0]?.smoothedLoss).toBeCloseTo(1, 12);
    expect(series?.points[1]?.smoothedLoss).toBeCloseTo(expected, 12);
  });

  it('never has more points than allowed, keeps the last step and stays between the extremes', () => {
    const values = fc.array(fc.double({ min: 0.001, max: 10, noNaN: true }), {
      minLength: 1,
      maxLength: 300,
    });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 50 }), (all, maxPoints) => {
        const entries = all.map((loss, at) => ({ phase: 'p', step: at, loss, learningRate: 0, extras: {} }));
        const points = lossSeries(entries, { maxPoints })[0]?.points ?? [];
        expect(points.length).toBeLessThanOrEqual(maxPoints);
        expect(points.at(-1)?.step).toBe(all.length - 1);
        for (const { loss, smoothedLoss } of points) {
          for (const value of [loss, smoothedLoss]) {
            expect(value).toBeGreaterThanOrEqual(Math.min(...all) - 1e-9);
            expect(value).toBeLessThanOrEqual(Math.max(...all) + 1e-9);
          }
        }
      }),
    );
  });

  it('of no losses is nothing', () => {
    expect(lossSeries([])).toEqual([]);
  });
});
