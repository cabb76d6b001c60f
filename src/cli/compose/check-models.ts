import { loadTokenizer } from '../../data/tokenizer.js';
import type { SamplerKind } from '../../diffusion/sampler-kind.js';
import { openModel } from '../../model/model-folder.js';
import { clipKind } from '../../model/model-kind.js';
import { loadPipeline } from '../../model/pipeline-folder.js';
import { readScheduler } from './open-pipeline.js';
import { readClipPreprocessing } from './read-clip-preprocessing.js';

/**
 * Sees that all is there that a pipeline is opened with; no weight is read. Throws what opening it throws where something is not.
 * @param sampler instead of the scheduler's own
 */
export function checkPipeline(
  folder: string,
  variant: string | undefined,
  sampler: SamplerKind | undefined,
): void {
  const { schedulerFolder, tokenizerFolder, textEncoder } = loadPipeline(folder, { inFile: true, variant });
  readScheduler(schedulerFolder, sampler);
  loadTokenizer(tokenizerFolder, textEncoder.config.maxTokens);
}

/** Sees that all is there that a CLIP model is opened with, as {@link checkPipeline} does. */
export function checkClip(folder: string): void {
  const { config } = openModel(clipKind, folder);
  readClipPreprocessing(folder);
  loadTokenizer(folder, config.text.maxTokens);
}
