import type { TrainingLoss } from '../store/training-records.js';

export interface LossPoint {
  readonly step: number;
  /** Mean over the steps that the point stands for. */
  readonly loss: number;
  /** Exponential moving average up to the step. */
  readonly smoothedLoss: number;
  readonly learningRate: number;
}

/** One training's losses, thinned out for plotting. */
export interface LossSeries {
  readonly phase: string;
  readonly points: readonly LossPoint[];
}

export interface LossSeriesOptions {
  /** At most so many points in a phase. */
  readonly maxPoints: number;
  /** Steps after which a loss counts half in the moving average. */
  readonly halfLifeSteps: number;
}

const defaultOptions: LossSeriesOptions = { maxPoints: 600, halfLifeSteps: 25 };

/** Bias-corrected as in Adam (Kingma and Ba 2015), so that the first values are not drawn towards zero. */
function smoothed(losses: readonly TrainingLoss[], halfLifeSteps: number): readonly number[] {
  let average = 0;
  let weight = 0;
  let previousStep: number | undefined;
  return losses.map(({ step, loss }) => {
    const keep = 0.5 ** ((previousStep === undefined ? 1 : step - previousStep) / halfLifeSteps);
    previousStep = step;
    average = keep * average + (1 - keep) * loss;
    weight = keep * weight + (1 - keep);
    return average / weight;
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function phaseSeries(phase: string, losses: readonly TrainingLoss[], options: LossSeriesOptions): LossSeries {
  const averages = smoothed(losses, options.halfLifeSteps);
  const bucketSize = Math.max(1, Math.ceil(losses.length / options.maxPoints));
  const points: LossPoint[] = [];
  for (let start = 0; start < losses.length; start += bucketSize) {
    const bucket = losses.slice(start, start + bucketSize);
    const last = bucket.at(-1);
    const smoothedLoss = averages[start + bucket.length - 1];
    if (last === undefined || smoothedLoss === undefined) continue;
    const loss = mean(bucket.map((entry) => entry.loss));
    points.push({ step: last.step, loss, smoothedLoss, learningRate: last.learningRate });
  }
  return { phase, points };
}

/**
 * One series a phase, in the order the phases first appear.
 * @param losses by phase, then step, as `Store.readLosses` returns them
 */
export function lossSeries(
  losses: readonly TrainingLoss[],
  options: Partial<LossSeriesOptions> = {},
): readonly LossSeries[] {
  const phases = new Map<string, TrainingLoss[]>();
  for (const loss of losses) {
    const known = phases.get(loss.phase);
    if (known === undefined) phases.set(loss.phase, [loss]);
    else known.push(loss);
  }
  const complete = { ...defaultOptions, ...options };
  return [...phases].map(([phase, entries]) => phaseSeries(phase, entries, complete));
}
