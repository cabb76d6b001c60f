import {
  optimizationStages,
  type OptimizationStage,
  type OptimizeConfig,
} from '../../config/optimize-config.js';

/** The stages that an optimization goes through, in order. What evolved elsewhere isn't evolved again. */
export function stagesOf({
  stages,
  evolved,
}: Pick<OptimizeConfig, 'stages' | 'evolved'>): readonly OptimizationStage[] {
  return optimizationStages.filter(
    (each) => stages.includes(each) && (each !== 'evolve' || evolved === null),
  );
}
