import { join } from 'node:path';
import { parseSchedulerConfig } from '../diffusion/scheduler-config.js';
import { initializeParameters } from '../model/initialize-parameters.js';
import { loadModel } from '../model/model-folder.js';
import { clipTextKind, unetKind, vaeKind } from '../model/model-kind.js';
import type { Weights } from '../model/parameters.js';
import { unetArchitecture } from '../model/unet-architecture.js';
import { vaeReduction } from '../model/vae-config.js';
import type { CaptionedPictures } from './captioned-pictures.js';
import {
  denoisingParameters,
  denoisingStage,
  textPrefix,
  unetPrefix,
  type DenoisingTraining,
} from './denoising-stage.js';
import { encodeLatents } from './encode-latents.js';
import { textEncoderConfig, textEncoderFolder } from './pretrain-clip.js';
import type { PretrainPlan } from './pretrain-plan.js';
import type { Pretraining } from './pretrain-stage.js';
import { runStage, scheduleOf } from './stage-run.js';
import { parseComponent, writeComponent, writeJson } from './write-pretrained.js';

/**
 * Trains the UNet, and the text encoder further beside it, on the latents of the pipeline's VAE, and writes what the pipeline's
 * folder still lacks. Gives whether it came to its end.
 */
export async function pretrainUNet(pretraining: Pretraining, pictures: CaptionedPictures): Promise<boolean> {
  const { plan } = pretraining;
  const training = await denoisingTraining(pretraining, pictures);
  const trained = await runStage(pretraining, 'unet', plan.unet, {
    stage: denoisingStage(training),
    parameters: denoisingParameters(training),
    firstWeights: () => firstWeights(plan, training),
  });
  if (trained === undefined) return false;
  const { pipeline } = plan.out;
  writeComponent(unetKind, join(pipeline, 'unet'), plan.unet.config, withoutPrefix(trained, unetPrefix));
  const text = withoutPrefix(trained, textPrefix);
  writeComponent(clipTextKind, textEncoderFolder(plan), textEncoderConfig(plan), text);
  writeJson(join(pipeline, 'scheduler', 'scheduler_config.json'), plan.unet.scheduler);
  writeJson(join(pipeline, 'model_index.json'), pipelineIndex);
  return true;
}

async function denoisingTraining(
  { plan, host }: Pretraining,
  pictures: CaptionedPictures,
): Promise<DenoisingTraining> {
  const vae = loadModel(vaeKind, join(plan.out.pipeline, 'vae'));
  const latents = await encodeLatents(host, vae.config, vae.weights, pictures.images);
  const side = vae.config.sampleSize / vaeReduction(vae.config);
  const unet = parseComponent(unetKind, plan.unet.config);
  return {
    unet,
    architecture: unetArchitecture(unet),
    textEncoder: parseComponent(clipTextKind, textEncoderConfig(plan)),
    scheduler: parseSchedulerConfig(JSON.stringify(plan.unet.scheduler)),
    emptyCaptionShare: plan.unet.emptyCaptionShare,
    data: {
      ...pictures,
      latents: latents.map((value) => value * vae.config.scalingFactor),
      shape: [vae.config.latentChannels, side, side],
    },
    ...scheduleOf(plan.unet, plan.seed + 2),
  };
}

/** The text encoder as it was written before, and a UNet from `startFrom` or drawn anew. */
function firstWeights(plan: PretrainPlan, training: DenoisingTraining): Weights {
  const { startFrom } = plan.unet;
  const drawn = initializeParameters(denoisingParameters(training), plan.seed);
  const text = loadModel(clipTextKind, textEncoderFolder(plan)).weights;
  const unet = startFrom === null ? [] : loadModel(unetKind, join(startFrom, 'unet')).weights;
  return new Map([...drawn, ...prefixed(unet, unetPrefix), ...prefixed(text, textPrefix)]);
}

const prefixed = (weights: Iterable<[string, Float32Array]>, prefix: string): [string, Float32Array][] =>
  Array.from(weights, ([name, data]) => [prefix + name, data]);

const withoutPrefix = (weights: Weights, prefix: string): Weights =>
  new Map(
    [...weights].flatMap(([name, data]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), data] as const] : [],
    ),
  );

const pipelineIndex = {
  _class_name: 'StableDiffusionPipeline',
  unet: ['diffusers', 'UNet2DConditionModel'],
  vae: ['diffusers', 'AutoencoderKL'],
  text_encoder: ['transformers', 'CLIPTextModel'],
  tokenizer: ['transformers', 'CLIPTokenizer'],
  scheduler: ['diffusers', 'DDIMScheduler'],
  safety_checker: [null, null],
  feature_extractor: [null, null],
  requires_safety_checker: false,
};
