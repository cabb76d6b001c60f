import type { SearchConfig } from '../../config/search-config.js';
import type { CaptionedImage } from '../../data/captioned-image.js';
import { packImages } from '../../data/packed-images.js';
import { loadTokenizer } from '../../data/tokenizer.js';
import { CaptionEmbeddings } from '../../evaluation/caption-embeddings.js';
import { pictureSide } from '../../evaluation/latent-extents.js';
import { buildClipText } from '../../model/clip-text.js';
import { weightParameters } from '../../model/parameters.js';
import type { Pipeline } from '../../model/pipeline-folder.js';
import { vaeReduction } from '../../model/vae-config.js';
import type { DeviceHost } from '../../runtime/device-host.js';
import type { LatentSet } from '../../training/denoising-batches.js';
import { encodeLatents } from '../../training/encode-latents.js';
import type { EvolvingTraining } from '../../training/evolving-trainer.js';
import { trainingPictures } from './training-pictures.js';

/** What a search trains on, encoded once: only the UNet learns. */
export type EvolvingData = Pick<EvolvingTraining, 'data' | 'contexts'>;

/** Captions embedded at a time. */
const BATCH = 64;

/** Encodes the training pictures and their captions with the pipeline's VAE and text encoder. */
export async function encodeTrainingData(
  host: DeviceHost,
  models: Pipeline,
  pictures: SearchConfig['training']['pictures'],
): Promise<EvolvingData> {
  const items = trainingPictures(pictures);
  const texts = ['', ...new Set(items.flatMap(({ captions }) => captions))];
  return {
    data: await encodePictures(host, models, items, texts),
    contexts: await encodeTexts(host, models, texts),
  };
}

async function encodePictures(
  host: DeviceHost,
  models: Pipeline,
  items: readonly CaptionedImage[],
  texts: readonly string[],
): Promise<LatentSet> {
  const { config, weights } = models.vae;
  const size = pictureSide(models);
  const side = size / vaeReduction(config);
  const paths = items.map(({ imagePath }) => imagePath);
  const latents = await encodeLatents(host, config, weights, await packImages(paths, size));
  const numberOf = new Map(texts.map((text, index) => [text, index]));
  return {
    latents: latents.map((value) => value * config.scalingFactor),
    shape: [config.latentChannels, side, side],
    weights: items.map(({ weight }) => weight),
    captions: items.map(({ captions }) => captions.map((text) => Int32Array.of(numberOf.get(text) ?? 0))),
    emptyCaption: Int32Array.of(0),
  };
}

async function encodeTexts(
  host: DeviceHost,
  { textEncoder, tokenizerFolder }: Pipeline,
  texts: readonly string[],
): Promise<EvolvingData['contexts']> {
  const { config, weights } = textEncoder;
  const tokenizer = loadTokenizer(tokenizerFolder);
  const encoder = await CaptionEmbeddings.create(host, {
    name: 'text_encoder',
    tokenizer,
    vocabularySize: config.vocabularySize,
    batch: BATCH,
    build: (g, ids) => buildClipText(g, config, weightParameters(weights), ids).lastHiddenState,
  });
  try {
    const shape = [tokenizer.maxLength, config.hiddenSize];
    const size = tokenizer.maxLength * config.hiddenSize;
    const values = new Float32Array(texts.length * size);
    for (const [index, row] of (await encoder.embed(texts)).entries()) values.set(row, index * size);
    return { values, shape };
  } finally {
    await encoder.release();
  }
}
