import type { FrontierPoint, FrontierSeries } from './frontier-series.js';

export interface ScoreRange {
  readonly min: number;
  readonly max: number;
  /** Candidates below `min`, which a plot marks at its edge. */
  readonly below: readonly FrontierPoint[];
}

/** How much of the axis the path and the front may leave to candidates below them, in multiples of their own extent. */
const ROOM_BELOW = 1;
const MARGIN_SHARE = 0.06;
/** Labels stand above the path. */
const ROOM_ABOVE_SHARE = 0.25;

/**
 * The scores to show. Skipping a block that matters can cost half of the score, and an axis that reached down to there would press the path
 * and the front, which the plot is about, into a flat line; so it ends at a distance below them.
 * Of a series without points: [0, 1].
 */
export function scoreRange({ points, path, front }: FrontierSeries): ScoreRange {
  if (points.length === 0) return { min: 0, max: 1, below: [] };
  const focus = [...path, ...front].flatMap(({ clipScore }) => [clipScore.low, clipScore.high]);
  const all = points.map(({ clipScore }) => clipScore.value);
  const lowest = Math.min(...focus);
  const highest = Math.max(...focus);
  const extent = highest - lowest || Math.abs(highest) || 1;
  const floor = Math.max(Math.min(lowest, ...all), lowest - ROOM_BELOW * extent);
  const margin = MARGIN_SHARE * (highest - floor || extent);
  const min = floor - margin;
  return {
    min,
    max: highest + ROOM_ABOVE_SHARE * (highest - floor || extent),
    below: points.filter(({ clipScore }) => clipScore.value < min),
  };
}
