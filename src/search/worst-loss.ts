import { sampleStandardDeviation } from 'simple-statistics';
import type { Estimate } from './estimate.js';
import { meanInterval } from './mean-interval.js';
import type { Bounds } from './race.js';

/** What an interval's end lies above the mean by, in standard errors of many values. */
const REACH = 1.96;

export interface FullPass {
  readonly captionCount: number;
  /** Share of the error at each end of what is foretold of it. */
  readonly tail: number;
  /** CLIP score by which the upper bound may be too low: what is as little above an edge counts as below it. */
  readonly slack: number;
}

/**
 * Between which values the upper end of dCLIP's 95% interval lies once all captions are scored: what a removal costs at worst, by a full pass.
 * Of the captions scored so far, the mean over all is known within Student's bounds, with the finite population correction; the end lies above it by
 * what the interval of so many values would. Both bounds are that end itself when nothing is left to be scored.
 * @param losses dCLIP by caption, of those scored so far
 * @param deltaClip what they come to
 */
export function boundWorstLoss(
  losses: readonly number[],
  deltaClip: Estimate,
  { captionCount, tail, slack }: FullPass,
): Bounds {
  if (losses.length >= captionCount) return { low: deltaClip.high, high: deltaClip.high };
  if (losses.length < 2) return { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const { low, high } = meanInterval(losses, tail, captionCount);
  const above = (REACH * sampleStandardDeviation([...losses])) / Math.sqrt(captionCount);
  return { low: low + above, high: Math.max(low, high - slack) + above };
}
