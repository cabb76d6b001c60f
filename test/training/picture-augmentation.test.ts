import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { disturbances, disturbPicture, turnPicture, turns } from '../../src/training/picture-augmentation.js';

const side = 12;
const area = side * side;
const pixels = fc
  .array(fc.integer({ min: -8, max: 8 }), { minLength: 3 * area, maxLength: 3 * area })
  .map((values) => Float32Array.from(values, (value) => value / 8));
const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** Draws that leave a picture as it is, but for some. */
const draws = (changes: Readonly<Record<number, number>>): Float64Array =>
  Float64Array.from({ length: disturbances }, (_, i) => changes[i] ?? (i === 5 ? 0.9 : 0.5));
const [right, down, zoom, brightness, contrast, blur, amount] = [0, 1, 2, 3, 4, 5, 6];

function disturbed(picture: Float32Array, changes: Readonly<Record<number, number>>): Float32Array {
  const copy = picture.slice();
  disturbPicture(copy, side, draws(changes));
  return copy;
}

/** A pixel of a picture; white beyond its edges. */
const at = (picture: Float32Array, plane: number, x: number, y: number): number =>
  x < 0 || y < 0 || x >= side || y >= side ? 1 : (picture[plane * area + y * side + x] ?? Number.NaN);

function expectPixels(
  found: Float32Array,
  expected: (plane: number, x: number, y: number) => number | undefined,
): void {
  found.forEach((value, k) => {
    const wanted = expected(Math.floor(k / area), k % side, Math.floor(k / side) % side);
    if (wanted !== undefined) expect(value).toBeCloseTo(wanted, 5);
  });
}

describe('a disturbed picture', () => {
  it('is as it was in the middle of all draws', () => {
    fc.assert(
      fc.property(pixels, (picture) => {
        expect(disturbed(picture, {})).toEqual(picture);
      }),
      { numRuns: 5 },
    );
  });

  it.each([-3, 1, 4])('is moved by whole pixels, white coming in: %i', (shift) => {
    const [picture = new Float32Array()] = fc.sample(pixels, 1);
    const draw = 0.5 + shift / 8;
    expectPixels(disturbed(picture, { [right]: draw }), (plane, x, y) => at(picture, plane, x - shift, y));
    expectPixels(disturbed(picture, { [down]: draw }), (plane, x, y) => at(picture, plane, x, y - shift));
  });

  it('is moved by half a pixel as the mean of two', () => {
    const [picture = new Float32Array()] = fc.sample(pixels, 1);
    expectPixels(
      disturbed(picture, { [right]: 0.5 + 1 / 16 }),
      (plane, x, y) => (at(picture, plane, x, y) + at(picture, plane, x - 1, y)) / 2,
    );
  });

  it('is scaled about its middle', () => {
    const ramp = Float32Array.from({ length: 3 * area }, (_, k) => ((k % side) - (side - 1) / 2) / side);
    const wide = disturbed(ramp, { [zoom]: 1 });
    expectPixels(wide, (plane, x, y) => at(ramp, plane, x, y) / 1.1);
    const narrow = disturbed(ramp, { [zoom]: 0 });
    expectPixels(narrow, (plane, x, y) =>
      [0, side - 1].includes(x) || [0, side - 1].includes(y) ? undefined : at(ramp, plane, x, y) / 0.9,
    );
  });

  it('is brighter or darker, of more contrast or less', () => {
    const [picture = new Float32Array()] = fc.sample(pixels, 1);
    expectPixels(disturbed(picture, { [brightness]: 1 }), (plane, x, y) => at(picture, plane, x, y) + 0.1);
    expectPixels(disturbed(picture, { [contrast]: 0 }), (plane, x, y) => at(picture, plane, x, y) * 0.9);
  });

  it('is blurred within its edges in half of the draws, each colour by itself', () => {
    const [picture = new Float32Array()] = fc.sample(pixels, 1);
    expectPixels(disturbed(picture, { [blur]: 0.49, [amount]: 0.25 }), (plane, x, y) => {
      const own = at(picture, plane, x, y);
      if ([0, side - 1].includes(x) || [0, side - 1].includes(y)) return own;
      const around =
        at(picture, plane, x - 1, y) +
        at(picture, plane, x + 1, y) +
        at(picture, plane, x, y - 1) +
        at(picture, plane, x, y + 1);
      return 0.75 * own + (0.25 * around) / 4;
    });
  });

  it('stays white where all is white, however it is moved, scaled and blurred', () => {
    fc.assert(
      fc.property(share, share, share, share, share, (x, y, size, soft, much) => {
        const white = new Float32Array(3 * area).fill(1);
        const changes = { [right]: x, [down]: y, [zoom]: size, [blur]: soft, [amount]: much };
        expectPixels(disturbed(white, changes), () => 1);
      }),
    );
  });
});

describe('a turned picture', () => {
  const turned = (picture: Float32Array, symmetry: number, x = 0.5, y = 0.5): Float32Array => {
    const copy = picture.slice();
    turnPicture(copy, side, Float64Array.of(symmetry, x, y).subarray(0, turns));
    return copy;
  };

  it('is one of the eight mirrorings and rotations, each colour alike', () => {
    const [picture = new Float32Array()] = fc.sample(pixels, 1);
    const last = side - 1;
    const ways: ((x: number, y: number) => readonly [number, number])[] = [
      (x, y) => [x, y],
      (x, y) => [last - x, y],
      (x, y) => [x, last - y],
      (x, y) => [last - x, last - y],
      (x, y) => [y, x],
      (x, y) => [last - y, x],
      (x, y) => [y, last - x],
      (x, y) => [last - y, last - x],
    ];
    const found = ways.map((_, kind) => turned(picture, (kind + 0.5) / 8));
    const expected = ways.map((way) =>
      Float32Array.from(picture, (_, k) => {
        const [x, y] = way(k % side, Math.floor(k / side) % side);
        return at(picture, Math.floor(k / area), x, y);
      }),
    );
    const sorted = (all: readonly Float32Array[]): string[] => all.map((one) => one.join()).toSorted();
    expect(sorted(found)).toEqual(sorted(expected));
    expect(new Set(sorted(found)).size).toBe(8);
    expect(found[0]).toEqual(picture);
  });

  it('is moved by up to four whole pixels, white coming in', () => {
    const [picture = new Float32Array()] = fc.sample(pixels, 1);
    for (let shift = -4; shift <= 4; shift++) {
      const draw = (shift + 4.5) / 9;
      expect(turned(picture, 0, draw, 0.5)).toEqual(
        Float32Array.from(picture, (_, k) =>
          at(picture, Math.floor(k / area), (k % side) - shift, Math.floor(k / side) % side),
        ),
      );
    }
  });
});
