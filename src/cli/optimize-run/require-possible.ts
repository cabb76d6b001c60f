import { prunedConfig } from '../../compression/prune-decoder.js';
import type { OptimizeConfig } from '../../config/optimize-config.js';
import { outlineDistillation } from '../../training/distillation/distill-steps.js';
import { searchCaptions } from '../compose/scoring-captions.js';
import { stagesOf } from './conduct-optimization.js';
import { ddimScheduler } from './ddim-scheduler.js';
import { originalPipeline } from './optimization.js';

/**
 * Refuses what a later stage would refuse, before the earlier ones have taken their hours.
 * @throws SnapEvoError `DECODER_PRUNE_RATIO`, `DISTILLATION_SAMPLER`, `DIFFUSION_BAD_STEPS`, `CAPTIONS_TOO_FEW`; as `loadPipeline` does
 */
export function requirePossible(config: OptimizeConfig): void {
  const models = originalPipeline({ config });
  const stages = stagesOf(config);
  const { comparison, decoder, distillation, evaluation, evolved } = config;
  if (stages.includes('decoder')) prunedConfig(models.vae.config, decoder.ratio);
  if (stages.includes('steps')) {
    outlineDistillation(ddimScheduler(models), distillation, evolved === null && !stages.includes('evolve'));
  }
  if (stages.includes('compare')) searchCaptions(evaluation, comparison.captionCount);
}
