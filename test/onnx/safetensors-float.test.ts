import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bfloat16ToFloat32,
  float32ToBfloat16,
  float32ToHalf,
  halfToFloat32,
} from '../../src/onnx/safetensors-float.js';

const everyPattern = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);

function isNaNPattern(bits: number, infinity: number): boolean {
  return (bits & 0x7fff) > infinity;
}

/** The nearest of all representable values, ties to the even pattern; by search, not by bits. */
function nearestPattern(value: number, widened: Float32Array, infinity: number, overflow: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  let low = 0;
  let high = infinity;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((widened[middle] ?? 0) <= magnitude) low = middle;
    else high = middle;
  }
  const below = magnitude - (widened[low] ?? 0);
  const above = (high === infinity ? overflow : (widened[high] ?? 0)) - magnitude;
  const isLower = below < above || (below === above && (low & 1) === 0);
  return sign | (isLower ? low : high);
}

describe('half precision', () => {
  it('gives every pattern back but the payload of a NaN', () => {
    const back = float32ToHalf(halfToFloat32(everyPattern));
    const changed = everyPattern.filter((bits) => !isNaNPattern(bits, 0x7c00) && back[bits] !== bits);
    expect([...changed]).toEqual([]);
    expect(isNaNPattern(back[0x7c01] ?? 0, 0x7c00)).toBe(true);
  });

  it('rounds any float32 to the nearest half, ties to even', () => {
    const widened = halfToFloat32(everyPattern);
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true, min: -65519, max: 65519 }), (value) => {
        expect(float32ToHalf(Float32Array.of(value))[0]).toBe(nearestPattern(value, widened, 0x7c00, 65536));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['a tie between 1 and the next half goes down to even', 1 + 2 ** -11, 0x3c00],
    ['a tie above an odd half goes up to even', 1 + 3 * 2 ** -11, 0x3c02],
    ['half of the smallest subnormal goes to zero', 2 ** -25, 0],
    ['a little more than that goes to the smallest subnormal', 2 ** -25 * (1 + 2 ** -20), 1],
    ['the largest subnormal rounds up into the normal range', 2 ** -14 - 2 ** -26, 0x0400],
    ['the last number below infinity', 65519, 0x7bff],
    ['the first number that is infinity', 65520, 0x7c00],
  ])('%s', (_, value, bits) => {
    expect(float32ToHalf(Float32Array.of(value))[0]).toBe(bits);
    expect(float32ToHalf(Float32Array.of(-value))[0]).toBe(bits | 0x8000);
  });
});

describe('bfloat16', () => {
  it('gives every pattern back but the payload of a NaN', () => {
    const back = float32ToBfloat16(bfloat16ToFloat32(everyPattern));
    const changed = everyPattern.filter((bits) => !isNaNPattern(bits, 0x7f80) && back[bits] !== bits);
    expect([...changed]).toEqual([]);
    expect(isNaNPattern(float32ToBfloat16(Float32Array.of(NaN))[0] ?? 0, 0x7f80)).toBe(true);
  });

  it('rounds any float32 to the nearest, ties to even', () => {
    const widened = bfloat16ToFloat32(everyPattern);
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const expected = nearestPattern(value, widened, 0x7f80, 2 ** 128);
        expect(float32ToBfloat16(Float32Array.of(value))[0]).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });
});
