import { describe, expect, it } from 'vitest';
import { hashedGenerator } from '../../src/random/hashed-generator.js';
import { normalPair } from '../../src/random/normal-pair.js';

const draw = (text: string, count: number): (readonly [number, number])[] => {
  const generator = hashedGenerator(text);
  return Array.from({ length: count }, () => normalPair(generator));
};

describe('a generator of a text', () => {
  it('gives the same numbers for the same text, others for another', () => {
    expect(draw('one', 5)).toEqual(draw('one', 5));
    expect(draw('one', 5)).not.toEqual(draw('two', 5));
  });

  it('gives numbers that are standard normal, the two of a pair unrelated', () => {
    const count = 20_000;
    const pairs = draw('many', count);
    const mean = (of: (pair: readonly [number, number]) => number): number =>
      pairs.reduce((sum, pair) => sum + of(pair), 0) / count;
    for (const side of [0, 1] as const) {
      expect(Math.abs(mean((pair) => pair[side]))).toBeLessThan(4 / Math.sqrt(count));
      expect(Math.abs(mean((pair) => pair[side] ** 2) - 1)).toBeLessThan(4 * Math.sqrt(2 / count));
      expect(Math.abs(mean((pair) => pair[side] ** 4) - 3)).toBeLessThan(4 * Math.sqrt(96 / count));
    }
    expect(Math.abs(mean(([one, other]) => one * other))).toBeLessThan(4 / Math.sqrt(count));
  });
});
