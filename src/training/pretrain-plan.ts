import type { StagePlan } from './stage-plan.js';

/** A stage that may go on from a model trained before. */
export interface PretrainStagePlan extends StagePlan {
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
  readonly vae: PretrainStagePlan & { readonly config: ComponentConfig; readonly divergenceWeight: number };
  /** Training of the decoder alone, after the VAE's; null for none of it. */
  readonly decoder: StagePlan | null;
  readonly scorer: PretrainStagePlan & { readonly config: ComponentConfig };
  /** A CLIP model of its own, of which the pipeline takes the text tower. */
  readonly textEncoder: PretrainStagePlan & { readonly config: ComponentConfig };
  readonly unet: PretrainStagePlan & {
    readonly config: ComponentConfig;
    readonly scheduler: ComponentConfig;
    /** Share of captions left empty, for classifier-free guidance. */
    readonly emptyCaptionShare: number;
  };
}
