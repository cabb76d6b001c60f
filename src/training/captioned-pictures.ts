import { SnapEvoError } from '../errors/snapevo-error.js';
import { gatherImages, type PackedImages } from '../data/packed-images.js';
import { drawUniform, type DrawStream, type WeightedChoice } from './batch-draws.js';

/** Pictures in memory with what training needs to know of each. */
export interface CaptionedPictures {
  readonly images: PackedImages;
  /** How often each is drawn, relative to the others. */
  readonly weights: readonly number[];
  /** Whether each means the same mirrored left to right. */
  readonly mirrorable: readonly boolean[];
  /** Token ids of each one's captions, the main one first. */
  readonly captions: readonly (readonly Int32Array[])[];
  readonly emptyCaption: Int32Array;
}

/**
 * Checks that a model reads the pictures as they are.
 * @throws SnapEvoError `TRAINING_PICTURE_SIZE`
 */
export function requirePictures(
  { images }: Pick<CaptionedPictures, 'images'>,
  model: { readonly name: string; readonly channels: number; readonly side: number },
): void {
  const { name, channels, side } = model;
  if (channels === 3 && side === images.size) return;
  throw new SnapEvoError({
    code: 'TRAINING_PICTURE_SIZE',
    message: `expected a model of 3 x ${images.size} x ${images.size} pictures, found ${channels} x ${side} x ${side}`,
    where: name,
    hint: 'all stages of a pretraining share their pictures: make the sample_size of the VAE and the image_size of CLIP one',
  });
}

/** The items of a step's batch, drawn by weight; they depend on (seed, step) alone. */
export function drawItems(
  choice: WeightedChoice,
  { seed, batch }: { readonly seed: number; readonly batch: number },
  step: number,
): number[] {
  return Array.from(drawUniform(seed, step, 'items', batch), (share) => choice.at(share));
}

/** The items' pictures in [-1, 1], half of those that may be mirrored are: [items, 3, size, size]. */
export function gatherMirrored(
  { images, mirrorable }: CaptionedPictures,
  items: readonly number[],
  seed: number,
  step: number,
): Float32Array {
  const draws = drawUniform(seed, step, 'mirroring', items.length);
  return gatherImages(
    images,
    items.map((index, i) => ({ index, mirrored: mirrorable[index] === true && (draws[i] ?? 1) < 0.5 })),
  );
}

/** One caption for each item, [items, tokens]; a share of them empty. */
export function drawCaptions(
  { captions, emptyCaption }: Pick<CaptionedPictures, 'captions' | 'emptyCaption'>,
  items: readonly number[],
  { seed, step, emptyShare }: { readonly seed: number; readonly step: number; readonly emptyShare: number },
): Int32Array {
  const draws = (stream: DrawStream) => drawUniform(seed, step, stream, items.length);
  const [which, emptied] = [draws('captions'), draws('emptyCaptions')];
  const length = emptyCaption.length;
  const ids = new Int32Array(items.length * length);
  items.forEach((item, i) => {
    const own = captions[item] ?? [];
    const chosen = own[Math.floor((which[i] ?? 0) * own.length)] ?? emptyCaption;
    ids.set((emptied[i] ?? 1) < emptyShare ? emptyCaption : chosen, i * length);
  });
  return ids;
}
