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

/** What a step draws, encoded: latents [batch, ...latentShape] and contexts [batch, ...contextShape]. Pictures are read while captions are embedded. */
export async function encodedDraw(
  items: EncodedItems,
  drawn: DenoisingDraw,
): Promise<{ readonly latents: Float32Array; readonly context: Float32Array }> {
  const [latents, context] = await Promise.all([
    items.latents(drawn.items),
    items.contexts([...drawn.tokens]),
  ]);
  return { latents, context };
}
