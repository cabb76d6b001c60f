import { join } from 'node:path';
import type { CaptionedImage } from '../data/captioned-image.js';
import { packImages } from '../data/packed-images.js';
import { writeTokenizerFolder } from '../data/tokenizer-folder.js';
import { loadTokenizer, type Tokenizer } from '../data/tokenizer.js';
import { trainBpe } from '../data/train-bpe.js';
import type { CaptionedPictures } from './captioned-pictures.js';
import type { PretrainPlan } from './pretrain-plan.js';

/** Learns a vocabulary from the captions and writes the tokenizer beside the pipeline and the scorer. */
export function trainTokenizer(plan: PretrainPlan, pictures: readonly CaptionedImage[]): Tokenizer {
  const texts = pictures.flatMap(({ captions }) => captions);
  const vocabulary = trainBpe(texts, plan.tokenizer.vocabularySize);
  const folder = join(plan.out.pipeline, 'tokenizer');
  writeTokenizerFolder(folder, vocabulary, plan.tokenizer.maxLength);
  writeTokenizerFolder(plan.out.scorer, vocabulary, plan.tokenizer.maxLength);
  return loadTokenizer(folder);
}

/** Decodes pictures and turns their captions into tokens. */
export async function loadPictures(
  pictures: readonly CaptionedImage[],
  tokenizer: Tokenizer,
  size: number,
): Promise<CaptionedPictures> {
  return {
    images: await packImages(
      pictures.map(({ imagePath }) => imagePath),
      size,
    ),
    weights: pictures.map(({ weight }) => weight),
    mirrorable: pictures.map(({ mirrorable }) => mirrorable),
    captions: pictures.map(({ captions }) => captions.map((caption) => tokenizer.encode(caption))),
    emptyCaption: tokenizer.encode(''),
  };
}
