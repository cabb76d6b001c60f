import type { ClipModel } from './clip-model.js';
import { cmmd } from './cmmd.js';
import { cosines } from './cosine.js';
import { embedMadePictures, type MadePictures } from './made-pictures.js';

/** What a pipeline's pictures are worth at its guidance scale. */
export interface PictureQuality {
  /** CLIP score of each picture, in the order of the prompts. */
  readonly scores: readonly number[];
  /** Distance from real pictures; see `cmmd.ts`. */
  readonly cmmd: number;
}

/**
 * Makes pictures and measures how well they fit their prompts, and how much they are like real ones.
 * @param realPictures their embeddings by the same model, of unit length, at least one
 * @throws what making and embedding pictures throws, and the signal's reason
 */
export async function measureQuality(
  made: MadePictures,
  clip: Pick<ClipModel, 'embedPictures' | 'embedTexts'>,
  realPictures: readonly Float32Array[],
): Promise<PictureQuality> {
  const [pictures = []] = await embedMadePictures(made, [clip]);
  return {
    scores: cosines(pictures, await clip.embedTexts(made.prompts)),
    cmmd: cmmd(pictures, realPictures),
  };
}
