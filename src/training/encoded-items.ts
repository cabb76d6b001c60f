import type { Shape } from '../graph/value.js';
import type { DenoisingDraw, DrawnFrom } from './denoising-batches.js';

/** Pictures and their captions as the training of a UNet alone reads them. */
export interface EncodedItems {
  /** What is drawn; a caption is one number, which `contexts` knows it by. */
  readonly drawnFrom: DrawnFrom;
  /** Of a picture: [channels, height, width]. */
  readonly latentShape: Shape;
  /** Of a caption: [tokens, width]. */
  readonly contextShape: Shape;
  /** Latents of pictures, scaled to unit deviation: [pictures, ...latentShape]. */
  readonly latents: (pictures: readonly number[]) => Promise<Float32Array>;
  /** Embeddings of captions: [captions, ...contextShape]. */
  readonly contexts: (captions: readonly number[]) => Promise<Float32Array>;
}

/** What a step draws, encoded. */
export interface EncodedDraw {
  /** [batch, ...latentShape] */
  readonly latents: Float32Array;
  /** [batch, ...contextShape] */
  readonly context: Float32Array;
}

/** What steps of equally many items draw, encoded. Pictures are read while captions are embedded. */
export async function encodedDraws(
  items: EncodedItems,
  draws: readonly DenoisingDraw[],
): Promise<EncodedDraw[]> {
  const [latents, contexts] = await Promise.all([
    items.latents(draws.flatMap((drawn) => drawn.items)),
    items.contexts(draws.flatMap(({ tokens }) => [...tokens])),
  ]);
  const of = (all: Float32Array, step: number): Float32Array => {
    const length = all.length / draws.length;
    return all.subarray(step * length, (step + 1) * length);
  };
  return draws.map((_, step) => ({ latents: of(latents, step), context: of(contexts, step) }));
}

/** What a step draws, encoded. */
export async function encodedDraw(items: EncodedItems, drawn: DenoisingDraw): Promise<EncodedDraw> {
  const [encoded] = await encodedDraws(items, [drawn]);
  return encoded as EncodedDraw;
}
