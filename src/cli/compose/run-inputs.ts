import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { PretrainConfig } from '../../config/pretrain-config.js';
import type { SearchConfig } from '../../config/search-config.js';
import type { CaptionedImage } from '../../data/captioned-image.js';
import { readPicture } from '../../data/read-picture.js';
import { LATENCY_PROTOCOL } from '../../latency/protocol-version.js';
import type { RunRecord } from '../../store/run-record.js';
import { hashModelFolder } from './hash-folder.js';
import { searchCaptions } from './scoring-captions.js';
import { trainingPictures } from './training-pictures.js';

/**
 * Hashes of all that a search reads from elsewhere, and how it measures. Throws where something of it can't be read: better before a run than in the midst
 * of one.
 */
export async function searchInputs(config: SearchConfig): Promise<RunRecord['inputs']> {
  const { evaluation, search, training } = config;
  return {
    pipeline: await hashModelFolder(config.pipeline),
    scorer: await hashModelFolder(evaluation.scorer),
    captions: hashText(JSON.stringify(searchCaptions(evaluation, search.captionCount))),
    pictures: await hashPictures(trainingPictures(training.pictures)),
    measuring: `v${LATENCY_PROTOCOL}`,
  };
}

/** Hashes of all that a pretraining reads from elsewhere. */
export async function pretrainInputs({ pictures }: PretrainConfig): Promise<RunRecord['inputs']> {
  return { pictures: await hashPictures(trainingPictures(pictures)) };
}

/** Of what is seen and what is said of it, wherever the files lie. Throws as {@link readPicture} does. */
async function hashPictures(pictures: readonly CaptionedImage[]): Promise<string> {
  const hash = createHash('sha256');
  for (const { id, imagePath, captions, weight, mirrorable } of pictures) {
    hash.update(JSON.stringify([id, captions, weight, mirrorable]));
    hash.update(readPicture(imagePath));
    // A signal gets through between two pictures.
    await setImmediate();
  }
  return hash.digest('hex');
}

const hashText = (text: string): string => createHash('sha256').update(text).digest('hex');
