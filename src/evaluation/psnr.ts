import type { Estimate } from '../statistics/estimate.js';

/** Mean of the squared differences of two arrays of one length. */
export function meanSquaredError(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let k = 0; k < one.length; k++) sum += ((one[k] as number) - (other[k] as number)) ** 2;
  return sum / one.length;
}

/**
 * Peak signal-to-noise ratio in decibels, 10 log10(range^2 / error); infinite without error.
 * @param range between the lowest and the highest value: 2 for pictures from -1 to 1
 */
export function peakSignalToNoiseDb(squaredError: number, range = 2): number {
  return 10 * Math.log10(range ** 2 / squaredError);
}

/** {@link peakSignalToNoiseDb} of an estimated error: less of it is more decibels, so the interval turns round. */
export function estimateInDecibels({ value, low, high }: Estimate): Estimate {
  return {
    value: peakSignalToNoiseDb(value),
    low: peakSignalToNoiseDb(high),
    high: peakSignalToNoiseDb(low),
  };
}
