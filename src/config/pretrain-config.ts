import { z } from 'zod';
import { number, path, section, text, wholeNumber } from './fields.js';
import { device, emptyCaptionShare, pictures, results, seed, stage } from './shared-sections.js';

/** A model's `config.json` in diffusers' or transformers' own words; the model's parser says what it takes. */
const modelConfig = (model: string) =>
  z.record(z.string(), z.json(), { error: `a section with the config.json of a ${model}` }).readonly();

/** Folder of the trained model to go on from: a pipeline's, or a CLIP model's; null to start from nothing. */
const startFrom = path('folder').nullable().default(null);

/** Everything a text-to-image pipeline and its scorer are trained from, by the names of `PretrainPlan`. The one place where its defaults stand. */
export const pretrainConfigSchema = section({
  /** Goes into the run's id. */
  name: text().default('pretrain'),
  seed,
  results,
  device,
  /** Folders that the trained models are written to. */
  out: section({ pipeline: path('folder'), scorer: path('folder') }),
  pictures,
  /** Learnt from the captions; the pipeline and the scorer each get a copy. */
  tokenizer: section({
    vocabularySize: wholeNumber({ from: 514, to: 100_000 }).default(1024),
    /** Tokens of a caption, start and end included. */
    maxLength: wholeNumber({ from: 4, to: 512 }).default(24),
  }).prefault({}),
  vae: section({
    config: modelConfig('AutoencoderKL'),
    ...stage({ batch: 16, steps: 6000, learningRate: 2e-3 }),
    startFrom,
    /** Weight of the pull towards unit latents, per element of the picture. */
    divergenceWeight: number({ from: 0 }).default(1e-4),
  }),
  /** The decoder alone, trained further on the latents as they are; null for none of it. */
  decoder: section(stage({ batch: 8, steps: 3000, learningRate: 1e-3 }))
    .nullable()
    .default(null),
  scorer: section({
    config: modelConfig('CLIPModel'),
    ...stage({ batch: 128, steps: 3000, learningRate: 1e-3 }),
    startFrom,
  }),
  /** A CLIP model that shares nothing with the scorer: the pipeline's text encoder is its text tower. */
  textEncoder: section({
    config: modelConfig('CLIPModel'),
    ...stage({ batch: 128, steps: 1500, learningRate: 1e-3 }),
    startFrom,
  }),
  /** The UNet, and the text encoder that conditions it trained further beside it. */
  unet: section({
    config: modelConfig('UNet2DConditionModel'),
    scheduler: modelConfig('DDIMScheduler'),
    ...stage({ batch: 24, steps: 20_000, learningRate: 1e-3 }),
    startFrom,
    emptyCaptionShare,
  }),
});

export type PretrainConfig = z.output<typeof pretrainConfigSchema>;
