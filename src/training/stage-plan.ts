/** How long and how fast a stage of a training trains. */
export interface StagePlan {
  readonly steps: number;
  readonly batch: number;
  /** Steps in one run of the training graph; `steps` and `checkpointEverySteps` are best multiples of it. */
  readonly stepsPerRun: number;
  readonly learningRate: number;
  readonly warmUpSteps: number;
  /** Share of the learning rate that is left at the last step. */
  readonly finalShare: number;
  readonly weightDecay: number;
  readonly maxGradientNorm: number;
  readonly averageDecay: number;
  readonly checkpointEverySteps: number;
}
