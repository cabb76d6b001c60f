import type { LearningRateSettings } from './learning-rate.js';

/** What every stage of a training says about its pace. */
export interface StageSchedule {
  readonly seed: number;
  readonly batch: number;
  readonly totalSteps: number;
  readonly stepsPerRun: number;
  readonly learningRate: LearningRateSettings;
  readonly weightDecay: number;
  readonly maxGradientNorm: number;
  readonly averageDecay: number;
}
