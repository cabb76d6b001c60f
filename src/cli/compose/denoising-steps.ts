import { join } from 'node:path';
import { readDistilledSteps } from '../../diffusion/distilled-steps.js';
import type { Pipeline } from '../../model/pipeline-folder.js';
import { parseJsonObject } from '../../model/parse-config.js';
import { readModelText } from './read-model-text.js';

/** Of a pipeline that wasn't distilled to fewer. */
const usualSteps = 20;

/**
 * Steps that a pipeline's pictures are made in where nobody says how many: those that its UNet was distilled to, if it was.
 * @throws SnapEvoError as reading `scheduler_config.json` does
 */
export function denoisingSteps({ schedulerFolder }: Pick<Pipeline, 'schedulerFolder'>): number {
  const path = join(schedulerFolder, 'scheduler_config.json');
  return readDistilledSteps(parseJsonObject(readModelText(path), path, 'scheduler')) ?? usualSteps;
}
