import type { CaptionedImage } from '../data/captioned-image.js';
import type { PretrainPlan } from './pretrain-plan.js';
import type { StageRun } from './stage-run.js';

/** The stages, in order; the UNet needs the VAE and the text encoder, the others stand alone. */
export const pretrainStages = ['vae', 'decoder', 'scorer', 'textEncoder', 'unet'] as const;
export type PretrainStage = (typeof pretrainStages)[number];

/** What a pretraining works with. */
export interface Pretraining extends StageRun<PretrainStage> {
  readonly plan: PretrainPlan;
  /** The pictures to learn from: those of the training split alone. */
  readonly pictures: readonly CaptionedImage[];
  /** Stages to go through; all of them unless told otherwise. */
  readonly stages?: readonly PretrainStage[];
}
