import type { Estimate } from '../statistics/estimate.js';

/** What a model's pictures are worth at a guidance scale. */
export interface GuidancePoint {
  /** The model with its denoising steps, e.g. `original, 50 steps`. */
  readonly model: string;
  readonly guidanceScale: number;
  readonly clipScore: Estimate;
  /** Against the first model, over pictures of the same captions and noise; null of that model itself. */
  readonly clipChange: Estimate | null;
  /** Distance from real pictures. */
  readonly cmmd: number;
}

/** What a plot over the guidance scale shows: data only. */
export interface GuidanceSeries {
  /** What stands below the title: the run, what the figures are of. */
  readonly notes: readonly string[];
  /** Pictures that each point is measured on. */
  readonly captionCount: number;
  readonly lines: readonly GuidanceLine[];
}

export interface GuidanceLine {
  readonly model: string;
  /** By guidance scale. */
  readonly points: readonly GuidancePoint[];
}

/** A line a model. @param models in the order to show them; those without a point are left out */
export function guidanceSeries(
  models: readonly string[],
  points: readonly GuidancePoint[],
  { notes, captionCount }: Pick<GuidanceSeries, 'notes' | 'captionCount'>,
): GuidanceSeries {
  const lines = models.map((model) => ({
    model,
    points: points
      .filter((point) => point.model === model)
      .toSorted((one, other) => one.guidanceScale - other.guidanceScale),
  }));
  return { notes, captionCount, lines: lines.filter((line) => line.points.length > 0) };
}
