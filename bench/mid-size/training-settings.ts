import type { EvolvingTraining } from '../../src/training/evolving-trainer.js';

/** What a training's memory depends on, beside the model. */
export type TrainingSettings = Pick<
  EvolvingTraining,
  'batch' | 'accumulation' | 'activations' | 'weightDtype'
>;

/** What a process that trained says of itself. */
export interface TrainingFigures {
  /** Of all steps but the first. */
  readonly secondsPerStep: number;
  readonly peakMemoryGb: number;
  readonly losses: readonly number[];
}
