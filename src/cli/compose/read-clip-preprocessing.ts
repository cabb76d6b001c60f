import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseClipPreprocessing, type ClipPreprocessing } from '../../evaluation/clip-preprocessing.js';
import { parseJsonObject } from '../../model/parse-config.js';
import { readModelText } from './read-model-text.js';

/**
 * How the pictures of a CLIP folder are prepared. Since version 5 transformers writes that as a part of `processor_config.json`; where one
 * is there, it counts, as in transformers.
 * @throws SnapEvoError `MODEL_UNREADABLE`; as `parseClipPreprocessing`
 */
export function readClipPreprocessing(folder: string): ClipPreprocessing {
  const whole = join(folder, 'processor_config.json');
  const part = existsSync(whole) ? imageProcessorOf(readModelText(whole), whole) : undefined;
  if (part !== undefined) return parseClipPreprocessing(JSON.stringify(part), `${whole} image_processor`);
  const path = join(folder, 'preprocessor_config.json');
  return parseClipPreprocessing(readModelText(path), path);
}

function imageProcessorOf(text: string, where: string): unknown {
  const file = parseJsonObject(text, where, 'CLIPProcessor');
  return 'image_processor' in file ? file.image_processor : undefined;
}
