import { describe, expect, it } from 'vitest';
import { describeSize, evaluateSize, symbolicSize } from '../../src/graph/symbolic-size.js';

const example = { batch: 2, height: 8 };

/** The product that a function of the sizes looks like, from the builds that tell it. */
function sizeOf(value: (batch: number, height: number) => number): ReturnType<typeof symbolicSize> {
  return symbolicSize(
    example,
    value(2, 8),
    new Map([
      ['batch', { size: 3, value: value(3, 8) }],
      ['height', { size: 16, value: value(2, 16) }],
    ]),
  );
}

describe('symbolicSize', () => {
  it.each([
    [(): number => 320, '320'],
    [(_: number, height: number): number => height / 4, 'height / 4'],
    [(batch: number, height: number): number => batch * height * height * 5, 'batch * height * height * 5'],
    [(_: number, height: number): number => 6 * height, 'height * 6'],
  ])('finds the product %s', (value, words) => {
    const size = sizeOf(value);
    expect(size && describeSize(size)).toBe(words);
    expect(size && evaluateSize(size, { batch: 7, height: 32 })).toBe(value(7, 32));
  });

  it('finds none for a sum', () => {
    expect(sizeOf((batch) => batch + 1)).toBeUndefined();
  });
});
