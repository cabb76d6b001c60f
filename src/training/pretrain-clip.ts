import { join } from 'node:path';
import { initializeParameters } from '../model/initialize-parameters.js';
import { loadModel } from '../model/model-folder.js';
import { clipKind, clipTextKind } from '../model/model-kind.js';
import type { Weights } from '../model/parameters.js';
import type { CaptionedPictures } from './captioned-pictures.js';
import { clipStage } from './clip-stage.js';
import type { ComponentConfig, PretrainPlan } from './pretrain-plan.js';
import type { Pretraining } from './pretrain-stage.js';
import { runStage, scheduleOf } from './stage-run.js';
import { parseComponent, writeComponent, writeJson } from './write-pretrained.js';

/** A CLIP model's seed is the plan's and this: the two start apart and see other batches. */
const seedOffsets = { scorer: 1, textEncoder: 3 } as const;

const normalisation = { imageMean: [0.5, 0.5, 0.5], imageStd: [0.5, 0.5, 0.5] };

/** Trains the scorer and writes it to its folder. Gives whether it came to its end. */
export async function pretrainScorer(
  pretraining: Pretraining,
  pictures: CaptionedPictures,
): Promise<boolean> {
  const { plan } = pretraining;
  const trained = await pretrainClip(pretraining, 'scorer', pictures);
  if (trained === undefined) return false;
  writeComponent(clipKind, plan.out.scorer, plan.scorer.config, trained);
  const { imageSize } = parseComponent(clipKind, plan.scorer.config).vision;
  writeJson(join(plan.out.scorer, 'preprocessor_config.json'), preprocessorOf(imageSize));
  return true;
}

/** Trains a CLIP model and writes its text tower to the pipeline's folder. Gives whether it came to its end. */
export async function pretrainTextEncoder(
  pretraining: Pretraining,
  pictures: CaptionedPictures,
): Promise<boolean> {
  const { plan } = pretraining;
  const trained = await pretrainClip(pretraining, 'textEncoder', pictures);
  if (trained === undefined) return false;
  const tower = new Map([...trained].filter(([name]) => name.startsWith('text_model.')));
  writeComponent(clipTextKind, textEncoderFolder(plan), textEncoderConfig(plan), tower);
  return true;
}

/** Where the pipeline has its text encoder. */
export const textEncoderFolder = ({ out }: PretrainPlan): string => join(out.pipeline, 'text_encoder');

/** The `config.json` of the pipeline's text encoder. */
export function textEncoderConfig({ textEncoder }: PretrainPlan): ComponentConfig {
  const tower = textEncoder.config['text_config'];
  return { architectures: ['CLIPTextModel'], ...(typeof tower === 'object' ? tower : {}) };
}

function pretrainClip(
  pretraining: Pretraining,
  name: keyof typeof seedOffsets,
  pictures: CaptionedPictures,
): Promise<Weights | undefined> {
  const { plan } = pretraining;
  const { startFrom } = plan[name];
  const seed = plan.seed + seedOffsets[name];
  const config = parseComponent(clipKind, plan[name].config);
  const parameters = clipKind.parameters(config);
  return runStage(pretraining, name, plan[name], {
    stage: clipStage({ config, pictures, ...normalisation, ...scheduleOf(plan[name], seed) }),
    parameters,
    firstWeights: () =>
      startFrom === null ? initializeParameters(parameters, seed) : loadModel(clipKind, startFrom).weights,
  });
}

function preprocessorOf(imageSize: number): Record<string, unknown> {
  return {
    image_processor_type: 'CLIPImageProcessor',
    do_resize: true,
    size: { shortest_edge: imageSize },
    resample: 3,
    do_center_crop: true,
    crop_size: { height: imageSize, width: imageSize },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: normalisation.imageMean,
    image_std: normalisation.imageStd,
    do_convert_rgb: true,
  };
}
