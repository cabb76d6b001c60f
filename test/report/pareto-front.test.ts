import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CostAndQuality, paretoFront } from '../../src/report/pareto-front.js';

const itself = (point: CostAndQuality): CostAndQuality => point;

function beats(a: CostAndQuality, b: CostAndQuality): boolean {
  return a.cost <= b.cost && a.quality >= b.quality && (a.cost < b.cost || a.quality > b.quality);
}

describe('paretoFront', () => {
  it('is empty for no points', () => {
    expect(paretoFront([], itself)).toEqual([]);
  });

  it('keeps the cheapest of equal quality and the best of equal cost', () => {
    const points = [
      { cost: 2, quality: 1 },
      { cost: 1, quality: 1 },
      { cost: 1, quality: 0 },
      { cost: 3, quality: 2 },
    ];
    expect(paretoFront(points, itself)).toEqual([
      { cost: 1, quality: 1 },
      { cost: 3, quality: 2 },
    ]);
  });

  it('finds what comparing every pair finds, sorted by cost', () => {
    // Few distinct values, so that ties are common.
    const coordinate = fc.integer({ min: 0, max: 6 });
    const points = fc.array(fc.record({ cost: coordinate, quality: coordinate }), { maxLength: 30 });
    fc.assert(
      fc.property(points, (all) => {
        const front = paretoFront(all, itself);
        const expected = all.filter((point) => !all.some((other) => beats(other, point)));
        expect(new Set(front)).toEqual(new Set(expected));
        expect(front).toHaveLength(expected.length);
        expect(front.map(({ cost }) => cost)).toEqual(expected.map(({ cost }) => cost).sort((a, b) => a - b));
      }),
    );
  });
});
