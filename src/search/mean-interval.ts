import { jStat } from 'jstat';
import { mean, sampleStandardDeviation } from 'simple-statistics';
import type { Estimate } from './estimate.js';

/** How sure an interval is. */
export interface Sides {
  /** Share of the error at each of its ends. */
  readonly tail: number;
}

/**
 * Mean with Student's t interval.
 * @param values at least two; fewer give an interval without ends
 */
export function meanInterval(values: readonly number[], { tail }: Sides): Estimate {
  const value = mean([...values]);
  const { length } = values;
  if (length < 2) return { value, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const error = sampleStandardDeviation([...values]) / Math.sqrt(length);
  const reach = jStat.studentt.inv(1 - tail, length - 1) * error;
  return { value, low: value - reach, high: value + reach };
}
