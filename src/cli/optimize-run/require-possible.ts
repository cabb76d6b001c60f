import { prunedConfig } from '../../compression/prune-decoder.js';
import type { OptimizeConfig } from '../../config/optimize-config.js';
import { createSampler } from '../../diffusion/create-sampler.js';
import type { SamplerKind } from '../../diffusion/sampler-kind.js';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { loadPipeline, type Pipeline } from '../../model/pipeline-folder.js';
import { outlineDistillation } from '../../training/distillation/distill-steps.js';
import { readScheduler } from '../compose/open-pipeline.js';
import { searchCaptions } from '../compose/scoring-captions.js';
import { ddimScheduler } from './ddim-scheduler.js';
import { decoderCaptions } from './decoder-captions.js';
import { originalPipeline } from './optimization.js';
import { stagesOf } from './stages-of.js';

/**
 * Refuses what a later stage would refuse, before the earlier ones have taken their hours.
 * @throws SnapEvoError `EVOLVED_UNFIT`, `DECODER_PRUNE_RATIO`, `DISTILLATION_SAMPLER`, `DIFFUSION_BAD_STEPS`, `CAPTIONS_TOO_FEW`; as `loadPipeline` does
 */
export function requirePossible(config: OptimizeConfig): void {
  const models = originalPipeline({ config });
  const stages = stagesOf(config);
  const { comparison, decoder, distillation, evaluation, evolved } = config;
  if (evolved !== null) requireEvolved(evolved, models, config.pipeline);
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

/** Its UNet has to be the pipeline's own with other blocks: the rest of both is taken for one. */
function requireEvolved(evolved: string, { architecture }: Pipeline, pipeline: string): void {
  const { base } = loadPipeline(evolved, { inFile: true }).architecture;
  if (base === architecture.base) return;
  throw new SnapEvoError({
    code: 'EVOLVED_UNFIT',
    message: `expected a pipeline whose UNet evolved from that of ${pipeline}, ${architecture.base}, found one of ${base}`,
    where: evolved,
    hint: 'Name what `snapevo export` wrote of a search of that pipeline, or the pipeline that it was a search of as `pipeline`.',
  });
}

function requireSteps({ schedulerFolder }: Pipeline, sampler: SamplerKind | null, steps: number): void {
  createSampler(readScheduler(schedulerFolder, sampler ?? undefined), { steps });
}
