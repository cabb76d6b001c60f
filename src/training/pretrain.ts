import { mkdirSync } from 'node:fs';
import { vaeKind } from '../model/model-kind.js';
import type { CaptionedPictures } from './captioned-pictures.js';
import { pretrainScorer, pretrainTextEncoder } from './pretrain-clip.js';
import { loadPictures, trainTokenizer } from './pretrain-data.js';
import { pretrainStages, type Pretraining, type PretrainStage } from './pretrain-stage.js';
import { pretrainUNet } from './pretrain-unet.js';
import { pretrainDecoder, pretrainVae } from './pretrain-vae.js';
import { parseComponent } from './write-pretrained.js';

type TrainStage = (pretraining: Pretraining, pictures: CaptionedPictures) => Promise<boolean>;

const stageTrainers: Readonly<Record<PretrainStage, TrainStage>> = {
  vae: pretrainVae,
  decoder: pretrainDecoder,
  scorer: pretrainScorer,
  textEncoder: pretrainTextEncoder,
  unet: pretrainUNet,
};

/**
 * Trains a pipeline and its scorer from nothing, or goes on where an earlier try stopped. Finished models are written to the
 * plan's folders, as fp16, in the layout of diffusers and transformers.
 * @returns whether it came to its end
 */
export async function pretrain(pretraining: Pretraining): Promise<boolean> {
  const { plan, workFolder, stages = pretrainStages } = pretraining;
  mkdirSync(workFolder, { recursive: true });
  const tokenizer = trainTokenizer(plan, pretraining.pictures);
  const { sampleSize } = parseComponent(vaeKind, plan.vae.config);
  const pictures = await loadPictures(pretraining.pictures, tokenizer, sampleSize);
  for (const stage of pretrainStages)
    if (stages.includes(stage) && !(await stageTrainers[stage](pretraining, pictures))) return false;
  return true;
}
