import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { hashedGenerator } from '../random/hashed-generator.js';
import type { Estimate } from '../statistics/estimate.js';

const RESAMPLES = 1_000;
const TAIL = 0.025;

/** What the resampling depends on besides the values: all comparisons of a round draw the same images. */
export interface BootstrapSeed {
  readonly seed: number;
  readonly round: number;
}

/**
 * Mean with its 95% percentile-bootstrap interval (Efron & Tibshirani, An Introduction to the Bootstrap, 1993,
 * chapter 13).
 * @param values at least one, e.g. a CLIP score per image
 */
export function bootstrapMean(values: readonly number[], { seed, round }: BootstrapSeed): Estimate {
  const random = hashedGenerator(`snapevo-bootstrap:${seed}:${round}`);
  const draw = (): number => values[uniformInt(random, 0, values.length - 1)] ?? Number.NaN;
  const means = Float64Array.from(
    { length: RESAMPLES },
    () => values.reduce((sum) => sum + draw(), 0) / values.length,
  ).sort();
  const value = values.reduce((sum, each) => sum + each, 0) / values.length;
  return {
    value,
    low: Math.min(value, means[Math.floor(TAIL * RESAMPLES)] ?? value),
    high: Math.max(value, means[Math.ceil((1 - TAIL) * RESAMPLES) - 1] ?? value),
  };
}

/**
 * Mean of `one[i] - other[i]` with its interval: a paired bootstrap, since both scored the same captions from the same
 * noise.
 * @param one as long as `other`
 */
export function bootstrapDifference(
  one: readonly number[],
  other: readonly number[],
  seed: BootstrapSeed,
): Estimate {
  return bootstrapMean(
    one.map((score, index) => score - (other[index] ?? Number.NaN)),
    seed,
  );
}
