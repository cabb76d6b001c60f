import { medianSorted, quantileSorted } from 'simple-statistics';
import { SnapEvoError } from '../errors/snapevo-error.js';
import type { Estimate } from '../statistics/estimate.js';

/** The fewest samples whose range holds the median at least 95% of the time: 1 - 2 / 2^6 = 96.9%. */
export const FEWEST_FOR_INTERVAL = 6;

const TAIL = 0.025;
const FAR_OUT = 3;

/**
 * The median with its distribution-free interval from order statistics: the k-th smallest and the k-th largest sample
 * enclose the true median at least 95% of the time, k being the largest with P(Binomial(n, 1/2) < k) <= 2.5% (David &
 * Nagaraja, Order Statistics, 3rd edition, 2003, section 7.1). Holds of independent samples of any one distribution.
 * With fewer than {@link FEWEST_FOR_INTERVAL} samples the interval is their range, which holds it less often.
 * @throws SnapEvoError `LATENCY_NO_SAMPLES`
 */
export function medianInterval(samples: readonly number[]): Estimate {
  const sorted = ascending(samples);
  const rank = Math.max(1, intervalRank(sorted.length));
  const [low, high] = [sorted[rank - 1], sorted[sorted.length - rank]];
  if (low === undefined || high === undefined) throw noSamples();
  return { value: medianSorted(sorted), low, high };
}

/** The rank k of {@link medianInterval} for n samples; 0 where no rank will do. */
export function intervalRank(n: number): number {
  let logMass = -n * Math.LN2;
  let tail = 0;
  for (let k = 0; k <= n; k += 1) {
    tail += Math.exp(logMass);
    if (tail > TAIL) return k;
    logMass += Math.log((n - k) / (k + 1));
  }
  return 0;
}

/** Width of an estimate's interval as a share of its value. */
export function relativeWidth({ value, low, high }: Estimate): number {
  return value === 0 ? Number.POSITIVE_INFINITY : (high - low) / Math.abs(value);
}

/**
 * Indices of samples more than three interquartile ranges outside the quartiles: Tukey's "far out" values (Exploratory
 * Data Analysis, 1977, section 2D). Timings are skewed, so the customary 1.5 would flag nearly every series.
 */
export function findOutliers(samples: readonly number[]): readonly number[] {
  if (samples.length === 0) return [];
  const sorted = ascending(samples);
  const [lower, upper] = [quantileSorted(sorted, 0.25), quantileSorted(sorted, 0.75)];
  const reach = FAR_OUT * (upper - lower);
  return samples.flatMap((sample, index) =>
    sample < lower - reach || sample > upper + reach ? [index] : [],
  );
}

/** Whether the medians' intervals of the first and of the second half of a series, in order of time, do not overlap. */
export function isDrifting(samples: readonly number[]): boolean {
  const middle = Math.floor(samples.length / 2);
  if (middle < FEWEST_FOR_INTERVAL) return false;
  const first = medianInterval(samples.slice(0, middle));
  const second = medianInterval(samples.slice(middle));
  return first.high < second.low || second.high < first.low;
}

/** `one[i] / other[i]`, for series taken side by side. */
export function pairwiseRatios(one: readonly number[], other: readonly number[]): number[] {
  return one.slice(0, other.length).map((sample, index) => sample / (other[index] ?? Number.NaN));
}

/** `one[i] - other[i]`, for series taken side by side. */
export function pairwiseDifferences(one: readonly number[], other: readonly number[]): number[] {
  return one.slice(0, other.length).map((sample, index) => sample - (other[index] ?? Number.NaN));
}

function ascending(samples: readonly number[]): number[] {
  return samples.toSorted((one, other) => one - other);
}

function noSamples(): SnapEvoError {
  return new SnapEvoError({
    code: 'LATENCY_NO_SAMPLES',
    message: 'expected at least one sample, found none',
    fault: 'internal',
  });
}
