import { join } from 'node:path';
import { loadTokenizer } from '../../data/tokenizer.js';
import type { SamplerKind } from '../../diffusion/sampler-kind.js';
import { parseSchedulerConfig, type SchedulerConfig } from '../../diffusion/scheduler-config.js';
import { ClipModel } from '../../evaluation/clip-model.js';
import { TextToImagePipeline, type GenerationSettings } from '../../evaluation/text-to-image-pipeline.js';
import type { LoadWeights } from '../../evaluation/unet-sessions.js';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { loadForRunning } from '../../model/in-place-weights.js';
import { clipKind } from '../../model/model-kind.js';
import type { Pipeline } from '../../model/pipeline-folder.js';
import type { SessionHost } from '../../runtime/device-host.js';
import { readClipPreprocessing } from './read-clip-preprocessing.js';
import { readModelText } from './read-model-text.js';
import { weightCache } from './weight-cache.js';

/** Reference of the weights that a pipeline's folder holds. */
export const PRETRAINED = 'pretrained';

/** What a pipeline is opened with beside its own folder. */
export interface OpeningOptions {
  readonly loadTrained?: LoadWeights | undefined;
  /** Instead of the scheduler's own. */
  readonly sampler?: SamplerKind | undefined;
  /** Told in words when another sampler stands in for the scheduler's own. */
  readonly onSubstitute?: (message: string) => void;
}

/** Loads a pipeline's models onto a device. Throws what reading its tokenizer and scheduler and creating it throws. */
export async function openPipeline(
  host: SessionHost,
  models: Pipeline,
  settings: GenerationSettings,
  { loadTrained = noneTrained, sampler, onSubstitute }: OpeningOptions = {},
): Promise<TextToImagePipeline> {
  const scheduler = readScheduler(models.schedulerFolder, sampler);
  if (scheduler.standsInFor !== undefined) onSubstitute?.(describeSubstitute(scheduler));
  return TextToImagePipeline.create(
    {
      host,
      models,
      tokenizer: loadTokenizer(models.tokenizerFolder, models.textEncoder.config.maxTokens),
      scheduler,
      loadWeights: async (reference) =>
        reference === PRETRAINED ? { weights: models.unet.weights } : loadTrained(reference),
    },
    settings,
  );
}

/** The scheduler of a pipeline's folder, or what stands in for it. Throws as {@link readModelText} and `parseSchedulerConfig` do. */
export function readScheduler(folder: string, sampler?: SamplerKind): SchedulerConfig {
  const path = join(folder, 'scheduler_config.json');
  return parseSchedulerConfig(readModelText(path), path, sampler);
}

function describeSubstitute({ standsInFor, sampler }: SchedulerConfig): string {
  return `${String(standsInFor)} is not a sampler of ours: ${sampler.kind} stands in for it. Another one can be named as the sampler.`;
}

/** Loads a CLIP model's folder onto a device; `results` is where a copy of its weights goes if they need one. Throws what reading and creating it throws. */
export async function openClip(
  host: SessionHost,
  folder: string,
  batch: number,
  results: string,
): Promise<ClipModel> {
  const model = loadForRunning(clipKind, folder, weightCache(results));
  return ClipModel.create({
    host,
    model,
    tokenizer: loadTokenizer(folder, model.config.text.maxTokens),
    preprocessing: readClipPreprocessing(folder),
    batch,
  });
}

function noneTrained(reference: string): never {
  throw new SnapEvoError({
    code: 'WEIGHTS_UNKNOWN',
    message: `expected the pipeline's own weights, found a reference to ${reference}`,
    fault: 'internal',
  });
}
