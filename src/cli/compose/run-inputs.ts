import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { PretrainConfig } from '../../config/pretrain-config.js';
import type { SearchConfig } from '../../config/search-config.js';
import type { CaptionedImage } from '../../data/captioned-image.js';
import { checkPicture } from '../../data/check-picture.js';
import { damagedPictures } from '../../data/damaged-pictures.js';
import { DataError } from '../../data/data-error.js';
import { readPicture } from '../../data/read-picture.js';
import { LATENCY_PROTOCOL } from '../../latency/protocol-version.js';
import type { RunRecord } from '../../store/run-record.js';
import { hashModelFolder } from './hash-folder.js';
import { readNamed, type ReadInput } from './read-input.js';
import { searchCaptions } from './scoring-captions.js';
import { trainingPictures } from './training-pictures.js';

/**
 * Hashes of all that a search reads from elsewhere, and how it measures. Throws where something of it can't be read: better before a run than in the midst
 * of one.
 */
export async function searchInputs(
  config: SearchConfig,
  reading: ReadInput = readNamed,
): Promise<RunRecord['inputs']> {
  const { evaluation, search, training } = config;
  return {
    pipeline: await reading('pipeline', () => hashModelFolder(config.pipeline)),
    scorer: await reading('scorer', () => hashModelFolder(evaluation.scorer)),
    captions: await reading('captions', () => hashJson(searchCaptions(evaluation, search.captionCount))),
    pictures: await reading('pictures', () => hashPictures(trainingPictures(training.pictures))),
    measuring: `v${LATENCY_PROTOCOL}`,
  };
}

/** Hashes of all that a pretraining reads from elsewhere. */
export async function pretrainInputs(
  { pictures }: PretrainConfig,
  reading: ReadInput = readNamed,
): Promise<RunRecord['inputs']> {
  return { pictures: await reading('pictures', () => hashPictures(trainingPictures(pictures))) };
}

/**
 * Of what is seen and what is said of it, wherever the files lie.
 * @throws DataError of all pictures that can't be read or, as far as {@link checkPicture} can tell, decoded
 */
export async function hashPictures(pictures: readonly CaptionedImage[]): Promise<string> {
  const hash = createHash('sha256');
  const damaged = new Map<string, DataError>();
  for (const { id, imagePath, captions, weight, mirrorable } of pictures) {
    hash.update(JSON.stringify([id, captions, weight, mirrorable]));
    try {
      const bytes = readPicture(imagePath);
      hash.update(bytes);
      await checkPicture(imagePath, bytes);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      damaged.set(imagePath, error);
    }
    // A signal gets through between two pictures.
    await setImmediate();
  }
  const [first, ...further] = damaged.values();
  if (first !== undefined) throw damagedPictures([first, ...further], pictures.length);
  return hash.digest('hex');
}

/** Of a value as JSON. */
export const hashJson = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex');
