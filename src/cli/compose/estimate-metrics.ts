import type { Estimate } from '../../statistics/estimate.js';

/** Figures of a run by their names. */
export type Metrics = Readonly<Record<string, number>>;

/** An estimate as metrics: its value under the name, and the bounds of its interval. */
export function estimateMetrics(name: string, { value, low, high }: Estimate): Metrics {
  return { [name]: value, [`${name}.low`]: low, [`${name}.high`]: high };
}

/** The estimate of that name, as {@link estimateMetrics} wrote it; undefined where a part of it is missing. */
export function estimateIn(metrics: Metrics, name: string): Estimate | undefined {
  const { [name]: value, [`${name}.low`]: low, [`${name}.high`]: high } = metrics;
  if (value === undefined || low === undefined || high === undefined) return undefined;
  return { value, low, high };
}
