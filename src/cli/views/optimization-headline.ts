import type { GuidancePoint } from '../../report/guidance-series.js';
import { quotient, type Estimate } from '../../statistics/estimate.js';
import type { Comparison } from '../comparison/compare-models.js';

/** What something was of the original, and is of what came of it. */
export interface BeforeAndAfter<T> {
  readonly before: T;
  readonly after: T;
}

/** An optimization in a few figures: the original at its own steps, and what it came to. */
export interface OptimizationHeadline {
  /** Labels of the models, e.g. `original, 50 steps`. */
  readonly models: BeforeAndAfter<string>;
  /** Of a whole picture, in milliseconds. */
  readonly pictureMs: BeforeAndAfter<Estimate>;
  /** How many times faster pictures are made. */
  readonly speedUp: Estimate;
  readonly unetParameters: BeforeAndAfter<number>;
  /** Null where no guidance scale has points of both. */
  readonly quality: HeadlineQuality | null;
}

/** What the pictures are worth, at the one guidance scale. */
export interface HeadlineQuality {
  readonly guidanceScale: number;
  readonly clipScore: BeforeAndAfter<Estimate>;
  /** Paired, over pictures of the same captions and noise. */
  readonly clipChange: Estimate | null;
  readonly cmmd: BeforeAndAfter<number>;
}

/**
 * The headline of a comparison of the first model with the last; undefined where nothing was compared.
 * @param guidanceScale to tell of, or of the nearest measured
 */
export function headlineOf(
  { costs, points }: Pick<Comparison, 'costs' | 'points'>,
  guidanceScale: number,
): OptimizationHeadline | undefined {
  const [before, after] = [costs[0], costs.at(-1)];
  if (before === undefined || after === undefined || before === after) return undefined;
  const models = { before: before.model, after: after.model };
  return {
    models,
    pictureMs: { before: before.picture.ms, after: after.picture.ms },
    speedUp: quotient(before.picture.ms, after.picture.ms),
    unetParameters: { before: before.unet.parameters, after: after.unet.parameters },
    quality: qualityNear(guidanceScale, models, points),
  };
}

function qualityNear(
  wanted: number,
  models: BeforeAndAfter<string>,
  points: readonly GuidancePoint[],
): HeadlineQuality | null {
  const pairs = points.flatMap((before) => {
    const after = points.find(
      ({ model, guidanceScale }) => model === models.after && guidanceScale === before.guidanceScale,
    );
    return before.model === models.before && after !== undefined ? [{ before, after }] : [];
  });
  const distance = ({ before }: BeforeAndAfter<GuidancePoint>): number =>
    Math.abs(before.guidanceScale - wanted);
  const [nearest] = pairs.toSorted((one, other) => distance(one) - distance(other));
  if (nearest === undefined) return null;
  const { before, after } = nearest;
  return {
    guidanceScale: before.guidanceScale,
    clipScore: { before: before.clipScore, after: after.clipScore },
    clipChange: after.clipChange,
    cmmd: { before: before.cmmd, after: after.cmmd },
  };
}
