import jstat from 'jstat';
import { mean, sampleStandardDeviation } from 'simple-statistics';
import type { Estimate } from '../statistics/estimate.js';

/**
 * Mean with Student's t interval.
 * @param values at least two; fewer give an interval without ends
 * @param tail share of the error at each end
 * @param population how many values there are in all, where the mean of those is meant: the interval is narrower by
 * sqrt(1 - values / population)
 */
export function meanInterval(
  values: readonly number[],
  tail: number,
  population = Number.POSITIVE_INFINITY,
): Estimate {
  const value = mean([...values]);
  const { length } = values;
  if (length >= population) return { value, low: value, high: value };
  if (length < 2) return { value, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const error = sampleStandardDeviation([...values]) * Math.sqrt(1 / length - 1 / population);
  const reach = quantile(1 - tail, length - 1) * error;
  return { value, low: value - reach, high: value + reach };
}

const quantiles = new Map<string, number>();

/** Of Student's t distribution: found by iteration, and asked for again and again. */
function quantile(probability: number, degreesOfFreedom: number): number {
  const key = `${probability} ${degreesOfFreedom}`;
  const known = quantiles.get(key) ?? jstat.studentt.inv(probability, degreesOfFreedom);
  quantiles.set(key, known);
  return known;
}
