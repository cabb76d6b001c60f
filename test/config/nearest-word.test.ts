import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearestWord } from '../../src/config/nearest-word.js';

const word = fc.string({ maxLength: 12 });

describe('editDistance', () => {
  it('counts insertions, deletions and substitutions', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
  });

  it('is a metric', () => {
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
      }),
    );
  });
});

describe('nearestWord', () => {
  it('finds the misspelt key, whatever its case', () => {
    expect(nearestWord('learnignrate', ['batch', 'learningRate', 'weightDecay'])).toBe('learningRate');
    expect(nearestWord('LEARNINGRATE', ['batch', 'learningRate'])).toBe('learningRate');
  });

  it('finds nothing where nothing is near', () => {
    expect(nearestWord('optimizer', ['batch', 'seed'])).toBeUndefined();
    expect(nearestWord('a', ['ms', 'of'])).toBeUndefined();
  });
});
