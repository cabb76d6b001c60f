import { sampleStandardDeviation } from 'simple-statistics';
import type { Estimate } from '../statistics/estimate.js';
import { meanInterval } from './mean-interval.js';
import type { Bounds } from './race.js';

/** What an interval's end lies above the mean by, in standard errors of many values. */
const REACH = 1.96;

export interface FullPass {
  readonly captionCount: number;
  /** Share of the error at each end of what is foretold of it; at most a half. */
  readonly tail: number;
}

/**
 * Between which values the upper end of dCLIP's 95% interval lies once all captions are scored: what a removal costs at worst, by a full pass.
 * Of the captions scored so far, the mean over all is known within Student's bounds, with the finite population correction; the end lies above it by
 * what the interval of so many values would, were their deviation that of those scored so far. Of that deviation's own error, and of a bootstrap's of skewed losses, the bounds
 * know nothing: they fail some times as often as the tail says. Both are the end itself when nothing is left to be scored.
 * @param losses dCLIP by caption, of those scored so far; two or more
 * @param deltaClip what they come to
 */
export function boundWorstLoss(
  losses: readonly number[],
  deltaClip: Estimate,
  { captionCount, tail }: FullPass,
): Bounds {
  if (losses.length >= captionCount) return { low: deltaClip.high, high: deltaClip.high };
  const { low, high } = meanInterval(losses, tail, captionCount);
  const above = (REACH * sampleStandardDeviation([...losses])) / Math.sqrt(captionCount);
  return { low: low + above, high: high + above };
}
