import { describe, expect, test } from 'vitest';
import { guide, rescaleGuidance } from '../../src/diffusion/guidance.js';
import { readGolden, worstDifference } from './golden.js';

interface GuidanceGolden {
  readonly unconditional: readonly number[];
  readonly conditional: readonly number[];
  readonly cases: readonly {
    readonly scale: number;
    readonly rescale: number;
    readonly guided: readonly number[];
  }[];
}

describe('classifier-free guidance', () => {
  const golden = readGolden('guidance') as GuidanceGolden;
  const unconditional = Float32Array.from(golden.unconditional);
  const conditional = Float32Array.from(golden.conditional);

  test.each(golden.cases)("is diffusers': scale $scale, rescale $rescale", ({ scale, rescale, guided }) => {
    const plain = guide(unconditional, conditional, scale);
    const actual = rescale > 0 ? rescaleGuidance(plain, conditional, 2, rescale) : plain;
    expect(worstDifference(actual, guided)).toBeLessThan(1e-6);
  });

  test('of scale 0 and 1 is one prediction or the other', () => {
    expect(guide(unconditional, conditional, 0)).toEqual(unconditional);
    expect(worstDifference(guide(unconditional, conditional, 1), conditional)).toBeLessThan(1e-6);
  });

  test('leaves a flat image as it is when rescaling', () => {
    const flat = new Float32Array(6).fill(0.5);
    expect(rescaleGuidance(flat, conditional.subarray(0, 6), 1, 0.7)).toEqual(flat);
  });

  test('refuses arrays that do not fit together', () => {
    const bad: unknown = expect.objectContaining({ code: 'DIFFUSION_BAD_SHAPE' });
    expect(() => guide(unconditional, conditional.subarray(1), 2)).toThrow(bad);
    expect(() => rescaleGuidance(unconditional, conditional, 5, 0.7)).toThrow(bad);
  });
});
