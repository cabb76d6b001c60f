/** A learning rate that rises linearly, then falls along half a cosine to a share of its peak. */
export interface LearningRateSettings {
  readonly peak: number;
  readonly warmUpSteps: number;
  readonly totalSteps: number;
  /** Share of the peak reached at the last step. */
  readonly finalShare: number;
}

/** Learning rate at a step, counted from 1 (Loshchilov and Hutter, 2017, equation 5, without restarts). */
export function cosineLearningRate(settings: LearningRateSettings, step: number): number {
  const { peak, warmUpSteps, totalSteps, finalShare } = settings;
  if (step <= warmUpSteps) return (peak * step) / warmUpSteps;
  const done = Math.min(1, (step - warmUpSteps) / Math.max(1, totalSteps - warmUpSteps));
  return peak * (finalShare + (1 - finalShare) * 0.5 * (1 + Math.cos(Math.PI * done)));
}

/** Decay of a moving average that starts short and grows to `longest`: (1 + t) / (10 + t), as diffusers' EMA. */
export function averageDecayAt(step: number, longest: number): number {
  return Math.min(longest, (1 + step) / (10 + step));
}
