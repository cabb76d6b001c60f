import type { SearchConfig } from '../../config/search-config.js';
import type { CaptionedImage } from '../../data/captioned-image.js';
import { gatherImages, packImages } from '../../data/packed-images.js';
import { loadTokenizer } from '../../data/tokenizer.js';
import { batchesOf, inBatches, stackRows } from '../../evaluation/batches.js';
import { CaptionEmbeddings } from '../../evaluation/caption-embeddings.js';
import { KeptRows } from '../../evaluation/kept-rows.js';
import { pictureSide } from '../../evaluation/latent-extents.js';
import { RowModel } from '../../evaluation/row-model.js';
import { buildClipText } from '../../model/clip-text.js';
import { weightParameters } from '../../model/parameters.js';
import type { Pipeline } from '../../model/pipeline-folder.js';
import { vaeReduction } from '../../model/vae-config.js';
import { buildVaeEncoder } from '../../model/vae.js';
import type { DeviceHost } from '../../runtime/device-host.js';
import { inOrder } from '../../runtime/in-order.js';
import { Turns } from '../../runtime/turns.js';
import type { DrawnFrom } from '../../training/denoising-batches.js';
import type { EncodedItems } from '../../training/encoded-items.js';
import { trainingPictures } from './training-pictures.js';

/** Bytes of latents kept: of Stable Diffusion's size, 16,000 pictures. */
const room = 2 ** 30;

/** Pictures read at a time, beside what the device does. */
const readAtATime = 2;

/** Encoded one by one, so that what comes out depends on the item alone. */
const batch = 1;

/** Items that go to the device together, fewer if they are large: one by one, the way there takes as long as the encoding. */
const sentAtATime = 16;

/** So many times as many pictures are read ahead, while the device does other things. */
const readAhead = 8;

/**
 * What a search trains on: only the UNet learns. Pictures and captions are encoded with the pipeline's VAE and text encoder when a step draws
 * them, so that a large set costs no more than what is used of it.
 * @param signal ends the encoding after the pictures or captions in hand: its reason is thrown then
 */
export async function encodedTrainingData(
  host: DeviceHost,
  models: Pipeline,
  pictures: SearchConfig['training']['pictures'],
  signal?: AbortSignal,
): Promise<EncodedItems> {
  const { items, texts, drawnFrom } = drawnPictures(pictures);
  const ofPictures = await pictureEncoder(host, models, items, signal);
  signal?.throwIfAborted();
  return { drawnFrom, ...ofPictures, ...(await textEncoder(host, models, texts, signal)) };
}

/** Pictures, the texts of their captions, and how they are drawn: a caption is its text's index. */
export function drawnPictures(pictures: SearchConfig['training']['pictures']): {
  readonly items: readonly CaptionedImage[];
  readonly texts: readonly string[];
  readonly drawnFrom: DrawnFrom;
} {
  const items = trainingPictures(pictures);
  const texts = ['', ...new Set(items.flatMap(({ captions }) => captions))];
  const numberOf = new Map(texts.map((text, index) => [text, index]));
  const drawnFrom = {
    weights: items.map(({ weight }) => weight),
    captions: items.map(({ captions }) => captions.map((text) => Int32Array.of(numberOf.get(text) ?? 0))),
    emptyCaption: Int32Array.of(0),
  };
  return { items, texts, drawnFrom };
}

async function pictureEncoder(
  host: DeviceHost,
  models: Pipeline,
  items: readonly CaptionedImage[],
  signal: AbortSignal | undefined,
): Promise<Pick<EncodedItems, 'latentShape' | 'latents'>> {
  const { config, weights } = models.vae;
  const { inChannels, latentChannels, scalingFactor } = config;
  const size = pictureSide(models);
  const side = size / vaeReduction(config);
  const encoder = await RowModel.create(host, {
    name: 'vae_encoder',
    batch,
    row: { dtype: 'float32', shape: [inChannels, size, size] },
    build: (g, picture) => buildVaeEncoder(g, config, weightParameters(weights), picture).mean,
  });
  const read = async (index: number): Promise<Float32Array> => {
    signal?.throwIfAborted();
    const { imagePath } = items[index] as CaptionedImage;
    return gatherImages(await packImages([imagePath], size), [{ index: 0 }]);
  };
  const turns = new Turns(readAtATime);
  const readAll = (indices: readonly number[]): Promise<Float32Array[]> =>
    Promise.all(indices.map((index) => turns.take(() => read(index))));
  const together = Math.min(sentAtATime, encoder.rowsAtATime);
  const kept = new KeptRows<number>(async (indices) => {
    const rows: Float32Array[] = [];
    for await (const pictures of inOrder(batchesOf(indices, together), readAhead, readAll)) {
      signal?.throwIfAborted();
      const means = await encoder.run(pictures);
      rows.push(...means.map((mean) => mean.map((value) => value * scalingFactor)));
    }
    return rows;
  }, room);
  return {
    latentShape: [latentChannels, side, side],
    latents: async (indices) => stackRows(await kept.rows(indices)),
  };
}

async function textEncoder(
  host: DeviceHost,
  { textEncoder: { config, weights }, tokenizerFolder }: Pipeline,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Pick<EncodedItems, 'contextShape' | 'contexts'>> {
  const tokenizer = loadTokenizer(tokenizerFolder, config.maxTokens);
  const embeddings = await CaptionEmbeddings.create(host, {
    name: 'text_encoder',
    tokenizer,
    vocabularySize: config.vocabularySize,
    batch,
    build: (g, ids) => buildClipText(g, config, weightParameters(weights), ids).lastHiddenState,
  });
  return {
    contextShape: [tokenizer.maxLength, config.hiddenSize],
    contexts: async (indices) => {
      const rows = await inBatches(indices, sentAtATime, (part) => {
        signal?.throwIfAborted();
        return embeddings.embed(part.map((index) => texts[index] ?? ''));
      });
      return stackRows(rows);
    },
  };
}
