import { describe, expect, it } from 'vitest';
import { estimateInDecibels, meanSquaredError, peakSignalToNoiseDb } from '../../src/evaluation/psnr.js';

describe('peak signal-to-noise ratio', () => {
  it('is 20 dB for an error of a tenth of the range', () => {
    const picture = Float32Array.of(-1, 0, 0.5, 0.75);
    const error = meanSquaredError(
      picture,
      picture.map((value) => value + 0.25),
    );
    expect(error).toBeCloseTo(0.0625, 9);
    expect(peakSignalToNoiseDb(error)).toBeCloseTo(20 * Math.log10(8), 6);
    expect(peakSignalToNoiseDb(1, 10)).toBeCloseTo(20, 9);
    expect(peakSignalToNoiseDb(0)).toBe(Number.POSITIVE_INFINITY);
  });

  it('of an estimated error has its interval turned round', () => {
    const found = estimateInDecibels({ value: 0.04, low: 0.004, high: 0.4 });
    expect(found.value).toBeCloseTo(20, 9);
    expect(found.low).toBeCloseTo(10, 9);
    expect(found.high).toBeCloseTo(30, 9);
  });
});
