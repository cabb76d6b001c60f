import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cosines, dotProduct } from '../../src/evaluation/cosine.js';
import { measureRetrieval } from '../../src/evaluation/retrieval.js';

const direction = (angle: number): Float32Array => Float32Array.of(Math.cos(angle), Math.sin(angle));

/** Distinct directions, no two equally near to any other by chance alone. */
const pairs = fc
  .array(fc.tuple(fc.double({ min: 0, max: 6, noNaN: true }), fc.double({ min: 0, max: 6, noNaN: true })), {
    minLength: 1,
    maxLength: 130,
  })
  .map((angles) => angles.map(([image, text]) => ({ image: direction(image), text: direction(text) })));

describe('retrieval', () => {
  it('agrees with sorting, with ties shared', () => {
    fc.assert(
      fc.property(pairs, (items) => {
        const among = Math.min(100, items.length);
        const found = measureRetrieval(
          items.map(({ image }) => image),
          items.map(({ text }) => text),
        );
        const expected = [1, 5].map((k) => {
          const chances = items.map(({ image, text }, index) => {
            const group = index < 100 ? 0 : items.length - 100;
            const sorted = items
              .slice(group, group + among)
              .map((other) => dotProduct(image, other.text))
              .sort((a, b) => b - a);
            const own = dotProduct(image, text);
            const best = sorted.indexOf(own);
            const worst = sorted.lastIndexOf(own);
            return Math.min(1, Math.max(0, k - best) / (worst - best + 1));
          });
          return chances.reduce((sum, chance) => sum + chance, 0) / items.length;
        });
        expect(found.among).toBe(among);
        expect(found.recallAt1).toBeCloseTo(expected[0] ?? Number.NaN, 9);
        expect(found.recallAt5).toBeCloseTo(expected[1] ?? Number.NaN, 9);
      }),
      { numRuns: 60 },
    );
  });

  it('is perfect where every picture is nearest its own caption, and chance where all are alike', () => {
    const apart = Array.from({ length: 150 }, (_, index) => direction((index * 2 * Math.PI) / 150));
    expect(measureRetrieval(apart, apart)).toEqual({ recallAt1: 1, recallAt5: 1, among: 100 });
    const alike = apart.map(() => direction(1));
    const { recallAt1, recallAt5 } = measureRetrieval(alike, alike);
    expect(recallAt1).toBeCloseTo(0.01, 9);
    expect(recallAt5).toBeCloseTo(0.05, 9);
  });
});

describe('cosines', () => {
  it('stay within [-1, 1] whatever the rounding', () => {
    const long = Float32Array.of(1.0000001, 0);
    expect(cosines([long, long], [long, long.map((value) => -value)])).toEqual([1, -1]);
  });
});
