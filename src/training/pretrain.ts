import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSchedulerConfig } from '../diffusion/scheduler-config.js';
import { loadModel, writeModel } from '../model/model-folder.js';
import { clipKind, clipTextKind, unetKind, vaeKind, type ModelKind } from '../model/model-kind.js';
import type { Weights } from '../model/parameters.js';
import { unetArchitecture } from '../model/unet-architecture.js';
import { vaeReduction } from '../model/vae-config.js';
import type { CaptionedPictures } from './captioned-pictures.js';
import { denoisingParameters, denoisingStage, textPrefix, unetPrefix } from './denoising-stage.js';
import { encodeLatents, latentScale } from './encode-latents.js';
import { loadPictures, trainTokenizer } from './pretrain-data.js';
import type { ComponentConfig, PretrainPlan } from './pretrain-plan.js';
import { pretrainStages, runPretrainStage, scheduleOf, type Pretraining } from './pretrain-stage.js';
import { scorerStage } from './scorer-stage.js';
import { vaeStage } from './vae-stage.js';

/**
 * Trains a pipeline and its scorer from nothing, or goes on where an earlier try stopped. Finished models are written to the
 * plan's folders, as fp16, in the layout of diffusers and transformers.
 * @returns whether it came to its end
 */
export async function pretrain(pretraining: Pretraining): Promise<boolean> {
  const { plan, pictures, workFolder, stages = pretrainStages } = pretraining;
  mkdirSync(workFolder, { recursive: true });
  const tokenizer = trainTokenizer(plan, pictures);
  const data = await loadPictures(pictures, tokenizer, imageSize(plan));
  if (stages.includes('vae') && !(await pretrainVae(pretraining, data))) return false;
  if (stages.includes('scorer') && !(await pretrainScorer(pretraining, data))) return false;
  return !stages.includes('unet') || pretrainUNet(pretraining, data);
}

async function pretrainVae(pretraining: Pretraining, pictures: CaptionedPictures): Promise<boolean> {
  const { plan, host } = pretraining;
  const { config } = parsed(vaeKind, plan.vae.config);
  const { divergenceWeight } = plan.vae;
  const stage = vaeStage({ config, pictures, divergenceWeight, ...scheduleOf(plan.vae, plan.seed) });
  const trained = await runPretrainStage(
    pretraining,
    'vae',
    plan.vae,
    stage,
    vaeKind.parameters(config),
    (folder) => loadModel(vaeKind, join(folder, 'vae')).weights,
  );
  if (trained === undefined) return false;
  const latents = await encodeLatents(host, config, trained, pictures.images);
  const scaled = { ...plan.vae.config, scaling_factor: Number(latentScale(latents).toPrecision(6)) };
  write(vaeKind, join(plan.out.pipeline, 'vae'), scaled, trained);
  return true;
}

async function pretrainScorer(pretraining: Pretraining, pictures: CaptionedPictures): Promise<boolean> {
  const { plan } = pretraining;
  const { config } = parsed(clipKind, plan.scorer.config);
  const normalisation = { imageMean: [0.5, 0.5, 0.5], imageStd: [0.5, 0.5, 0.5] };
  const stage = scorerStage({
    config,
    pictures,
    ...normalisation,
    ...scheduleOf(plan.scorer, plan.seed + 1),
  });
  const trained = await runPretrainStage(
    pretraining,
    'scorer',
    plan.scorer,
    stage,
    clipKind.parameters(config),
    (folder) => loadModel(clipKind, folder).weights,
  );
  if (trained === undefined) return false;
  write(clipKind, plan.out.scorer, plan.scorer.config, trained);
  writeJson(join(plan.out.scorer, 'preprocessor_config.json'), {
    image_processor_type: 'CLIPImageProcessor',
    do_resize: true,
    size: { shortest_edge: config.vision.imageSize },
    resample: 3,
    do_center_crop: true,
    crop_size: { height: config.vision.imageSize, width: config.vision.imageSize },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: normalisation.imageMean,
    image_std: normalisation.imageStd,
    do_convert_rgb: true,
  });
  return true;
}

async function pretrainUNet(pretraining: Pretraining, pictures: CaptionedPictures): Promise<boolean> {
  const { plan, host } = pretraining;
  const { config: unet, textEncoder, scheduler, emptyCaptionShare } = plan.unet;
  const vae = loadModel(vaeKind, join(plan.out.pipeline, 'vae'));
  const latents = await encodeLatents(host, vae.config, vae.weights, pictures.images);
  const side = vae.config.sampleSize / vaeReduction(vae.config);
  const config = parsed(unetKind, unet).config;
  const training = {
    unet: config,
    architecture: unetArchitecture(config),
    textEncoder: parsed(clipTextKind, textEncoder).config,
    scheduler: parseSchedulerConfig(JSON.stringify(scheduler)),
    emptyCaptionShare,
    data: {
      ...pictures,
      latents: latents.map((value) => value * vae.config.scalingFactor),
      shape: [vae.config.latentChannels, side, side],
    },
    ...scheduleOf(plan.unet, plan.seed + 2),
  };
  const trained = await runPretrainStage(
    pretraining,
    'unet',
    plan.unet,
    denoisingStage(training),
    denoisingParameters(training),
    denoisersIn,
  );
  if (trained === undefined) return false;
  write(unetKind, join(plan.out.pipeline, 'unet'), unet, withoutPrefix(trained, unetPrefix));
  write(
    clipTextKind,
    join(plan.out.pipeline, 'text_encoder'),
    textEncoder,
    withoutPrefix(trained, textPrefix),
  );
  mkdirSync(join(plan.out.pipeline, 'scheduler'), { recursive: true });
  writeJson(join(plan.out.pipeline, 'scheduler', 'scheduler_config.json'), scheduler);
  writeJson(join(plan.out.pipeline, 'model_index.json'), pipelineIndex);
  return true;
}

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

interface Parsed<Config> {
  readonly config: Config;
  readonly configText: string;
}

function parsed<Config>(kind: ModelKind<Config>, config: ComponentConfig): Parsed<Config> {
  const configText = `${JSON.stringify({ _class_name: kind.className, ...config }, null, 2)}\n`;
  return { config: kind.parse(configText, kind.className), configText };
}

function write<Config>(
  kind: ModelKind<Config>,
  folder: string,
  config: ComponentConfig,
  weights: Weights,
): void {
  writeModel(kind, folder, { ...parsed(kind, config), weights }, { dtype: 'F16' });
}

/** The UNet and the text encoder of a pipeline, under the names they are trained by. */
function denoisersIn(folder: string): Weights {
  const unet = loadModel(unetKind, join(folder, 'unet')).weights;
  const text = loadModel(clipTextKind, join(folder, 'text_encoder')).weights;
  const prefixed = (weights: Weights, prefix: string): [string, Float32Array][] =>
    [...weights].map(([name, data]) => [prefix + name, data]);
  return new Map([...prefixed(unet, unetPrefix), ...prefixed(text, textPrefix)]);
}

const withoutPrefix = (weights: Weights, prefix: string): Weights =>
  new Map(
    [...weights].flatMap(([name, data]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), data] as const] : [],
    ),
  );

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

const imageSize = (plan: PretrainPlan): number => parsed(vaeKind, plan.vae.config).config.sampleSize;
