import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pointMetrics, pointsIn } from '../../../src/cli/comparison/point-metrics.js';
import type { GuidancePoint } from '../../../src/report/guidance-series.js';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const estimate = fc.record({ value: finite, low: finite, high: finite });
/** Names as people give them, and such as look like what is put behind them. */
const model = fc.oneof(
  fc.string({ minLength: 1 }),
  fc.constantFrom('student, 8 steps', 'a at guidance 3.cmmd', 'v1.5 at guidance 2', 'a at guidance 3'),
);
const point: fc.Arbitrary<GuidancePoint> = fc.record({
  model,
  guidanceScale: fc.double({ min: 0, max: 100, noNaN: true }).map(Math.abs),
  clipScore: estimate,
  clipChange: fc.option(estimate),
  cmmd: finite,
});
const points = fc.uniqueArray(point, {
  selector: ({ model: name, guidanceScale }) => `${guidanceScale} ${name}`,
});

describe('points as metrics', () => {
  it('read back exactly, whatever the models are called', () => {
    fc.assert(
      fc.property(points, (given) => {
        const metrics = Object.assign(
          { clipScore: 1, 'clipScore.low': 0 },
          ...given.map(pointMetrics),
        ) as Record<string, number>;
        const read = pointsIn(metrics);
        expect(read).toHaveLength(given.length);
        expect(read).toEqual(expect.arrayContaining(given));
      }),
    );
  });

  it('are named after the model and the guidance scale', () => {
    const metrics = pointMetrics({
      ...{ model: 'student, 8 steps', guidanceScale: 7.5, cmmd: 2 },
      clipScore: { value: 0.3, low: 0.2, high: 0.4 },
      clipChange: null,
    });
    expect(metrics).toEqual({
      'comparison.student, 8 steps at guidance 7.5.clipScore': 0.3,
      'comparison.student, 8 steps at guidance 7.5.clipScore.low': 0.2,
      'comparison.student, 8 steps at guidance 7.5.clipScore.high': 0.4,
      'comparison.student, 8 steps at guidance 7.5.cmmd': 2,
    });
  });

  it('are none where something is missing', () => {
    const [whole] = fc.sample(point, 1);
    const metrics = Object.entries(pointMetrics(whole as GuidancePoint));
    const essential = metrics.filter(([name]) => !name.includes('clipChange'));
    for (const [missing] of essential) {
      expect(pointsIn(Object.fromEntries(metrics.filter(([name]) => name !== missing)))).toEqual([]);
    }
  });
});
