import type { SamplerKind } from '../../diffusion/sampler-kind.js';
import type { Pipeline } from '../../model/pipeline-folder.js';
import { readScheduler } from './open-pipeline.js';

/** Of a pipeline that wasn't distilled to fewer. */
const usualSteps = 20;

/**
 * Steps that a pipeline's pictures are made in where nobody says how many: those that its UNet was distilled to, if it was.
 * @param sampler that it is to be used with, instead of its own. Throws as {@link readScheduler} does.
 */
export function denoisingSteps(
  { schedulerFolder }: Pick<Pipeline, 'schedulerFolder'>,
  sampler?: SamplerKind,
): number {
  return readScheduler(schedulerFolder, sampler).distilledSteps ?? usualSteps;
}
