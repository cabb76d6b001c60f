import type { TextToImagePipeline } from '../../evaluation/text-to-image-pipeline.js';
import type { SessionHost } from '../../runtime/device-host.js';
import { openPipeline } from '../compose/open-pipeline.js';
import type { ComparedModel } from './compared-model.js';
import type { ComparisonHooks, ComparisonParts } from './comparison-parts.js';

/** How a model's pictures are made, beside its own number of steps. */
export interface ModelSettings {
  readonly guidanceScale: number;
  /** Made at a time. */
  readonly batch: number;
}

/** Loads a model onto the device. Throws as `openPipeline` does. */
export function openModel(
  host: SessionHost,
  { models, steps, loadTrained, sampler }: ComparedModel,
  settings: ModelSettings,
  { onSubstitute }: Pick<ComparisonHooks, 'onSubstitute'>,
): Promise<TextToImagePipeline> {
  return openPipeline(
    host,
    models,
    { ...settings, steps, unetSessions: 1 },
    { loadTrained, sampler, onSubstitute },
  );
}

/** A model on the device for as long as the work takes. Throws as {@link openModel} and the work do. */
export async function withModel<T>(
  parts: Pick<ComparisonParts, 'host'>,
  model: ComparedModel,
  settings: ModelSettings,
  hooks: Pick<ComparisonHooks, 'onSubstitute'>,
  work: (pipeline: TextToImagePipeline) => Promise<T>,
): Promise<T> {
  const pipeline = await openModel(parts.host, model, settings, hooks);
  try {
    return await work(pipeline);
  } finally {
    await pipeline.release();
  }
}
