import { join } from 'node:path';
import { prunedConfig } from '../../compression/prune-decoder.js';
import type { OptimizeConfig } from '../../config/optimize-config.js';
import { createSampler } from '../../diffusion/create-sampler.js';
import type { SamplerKind } from '../../diffusion/sampler-kind.js';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { openModel } from '../../model/model-folder.js';
import { clipKind } from '../../model/model-kind.js';
import { loadPipeline, type Pipeline } from '../../model/pipeline-folder.js';
import { requireFinite } from '../../model/require-finite.js';
import { outlineDistillation } from '../../training/distillation/distill-steps.js';
import { readScheduler } from '../compose/open-pipeline.js';
import { readNamed } from '../compose/read-input.js';
import { searchCaptions } from '../compose/scoring-captions.js';
import { ddimScheduler } from './ddim-scheduler.js';
import { decoderCaptions } from './decoder-captions.js';
import { originalPipeline } from './optimization.js';
import { stagesOf } from './stages-of.js';

/**
 * Refuses what a later stage would refuse, before the earlier ones have taken their hours.
 * @throws SnapEvoError `EVOLVED_UNFIT`, `WEIGHTS_NOT_FINITE`, `DECODER_PRUNE_RATIO`, `DISTILLATION_SAMPLER`, `DIFFUSION_BAD_STEPS`, `CAPTIONS_TOO_FEW`; as `loadPipeline` does
 */
export async function requirePossible(config: OptimizeConfig): Promise<void> {
  const stages = stagesOf(config);
  const { comparison, decoder, distillation, evaluation, evolved } = config;
  const models = await readNamed('pipeline', () => requirePipeline(config));
  if (evolved !== null) await readNamed('evolved', () => requireEvolved(evolved, models, config.pipeline));
  const isPerceptual = stages.includes('decoder') && decoder.perceptualWeight > 0;
  if (stages.includes('evolve') || stages.includes('compare') || isPerceptual) {
    await readNamed('scorer', () => requireScorer(evaluation.scorer));
  }
  if (stages.includes('decoder')) {
    prunedConfig(models.vae.config, decoder.ratio);
    requireSteps(models, decoder.sampler ?? evaluation.sampler, decoder.denoisingSteps);
    decoderCaptions(config);
  }
  if (stages.includes('steps')) {
    outlineDistillation(ddimScheduler(models), distillation, evolved === null && !stages.includes('evolve'));
  }
  if (stages.includes('compare')) {
    requireSteps(models, evaluation.sampler, comparison.originalSteps);
    searchCaptions(evaluation, comparison.captionCount);
  }
}

async function requirePipeline(config: OptimizeConfig): Promise<Pipeline> {
  const models = originalPipeline({ config });
  await requireFiniteParts(models, config.pipeline);
  return models;
}

/** Its UNet has to be the pipeline's own with other blocks: the rest of both is taken for one. */
async function requireEvolved(evolved: string, { architecture }: Pipeline, pipeline: string): Promise<void> {
  const models = loadPipeline(evolved, { inFile: true });
  const { base } = models.architecture;
  if (base === architecture.base) return requireFiniteParts(models, evolved);
  throw new SnapEvoError({
    code: 'EVOLVED_UNFIT',
    message: `expected a pipeline whose UNet evolved from that of ${pipeline}, ${architecture.base}, found one of ${base}`,
    where: evolved,
    hint: 'Name what `snapevo export` wrote of a search of that pipeline, or the pipeline that it was a search of as `pipeline`.',
  });
}

async function requireFiniteParts({ unet, vae, textEncoder }: Pipeline, folder: string): Promise<void> {
  await requireFinite(unet.weights, join(folder, 'unet'));
  await requireFinite(vae.weights, join(folder, 'vae'));
  await requireFinite(textEncoder.weights, join(folder, 'text_encoder'));
}

function requireScorer(folder: string): Promise<void> {
  return requireFinite(openModel(clipKind, folder).weights, folder);
}

function requireSteps({ schedulerFolder }: Pipeline, sampler: SamplerKind | null, steps: number): void {
  createSampler(readScheduler(schedulerFolder, sampler ?? undefined), { steps });
}
