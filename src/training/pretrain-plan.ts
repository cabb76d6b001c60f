/** How long and how fast a stage of the pretraining trains. */
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
  /** Folder of the trained model to go on from: a pipeline's, or a CLIP model's; weights are drawn anew when null. */
  readonly startFrom: string | null;
}

/** A component's configuration, with the fields of its `config.json`. */
export type ComponentConfig = Readonly<Record<string, unknown>>;

/** Everything the shipped models are made from, beside the data set. */
export interface PretrainPlan {
  readonly seed: number;
  /** Folders the finished models are written to. */
  readonly out: { readonly pipeline: string; readonly scorer: string };
  readonly tokenizer: { readonly vocabularySize: number; readonly maxLength: number };
  readonly vae: StagePlan & { readonly config: ComponentConfig; readonly divergenceWeight: number };
  /** Training of the decoder alone, after the VAE's; null for none of it. */
  readonly decoder: Omit<StagePlan, 'startFrom'> | null;
  readonly scorer: StagePlan & { readonly config: ComponentConfig };
  /** A CLIP model of its own, of which the pipeline takes the text tower. */
  readonly textEncoder: StagePlan & { readonly config: ComponentConfig };
  readonly unet: StagePlan & {
    readonly config: ComponentConfig;
    readonly scheduler: ComponentConfig;
    /** Share of captions left empty, for classifier-free guidance. */
    readonly emptyCaptionShare: number;
  };
}
