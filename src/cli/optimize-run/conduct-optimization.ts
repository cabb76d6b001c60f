import {
  optimizationStages,
  type OptimizationStage,
  type OptimizeConfig,
} from '../../config/optimize-config.js';
import type { Ending } from '../compose/hold-run.js';
import { superviseRun } from '../compose/supervise-run.js';
import { assembleModel } from './assemble-model.js';
import { compareStage } from './compare-stage.js';
import { decoderStage } from './decoder-stage.js';
import { evolveStage } from './evolve-stage.js';
import type { Optimization } from './optimization.js';
import { readOptimizationState, recordOptimization } from './optimization-state.js';
import { stepsStage } from './steps-stage.js';

/** Works on a stage from where the run's folder has it, and gives whether it came to its end. */
type StageWorker = (optimization: Optimization) => Promise<boolean>;

const workers: Readonly<Record<OptimizationStage, StageWorker>> = {
  evolve: evolveStage,
  decoder: decoderStage,
  steps: stepsStage,
  compare: compareStage,
};

/** Goes through the stages that are not done yet; what came of each is there before the next begins. */
export function conductOptimization(optimization: Optimization): Promise<Ending> {
  const { store, run, config, context, asJson, onOpened } = optimization;
  const stateOf = () => readOptimizationState(store, run.id);
  const goThrough = async (): Promise<Ending> => {
    onOpened?.();
    const stages = stagesOf(config);
    for (const stage of stages) {
      if (stateOf().done.includes(stage)) continue;
      // a stage that ended as it was interrupted is done; the next is not prepared for nothing
      if (context.signal.aborted) return 'interrupted';
      if (!(await workers[stage](optimization))) return 'interrupted';
      context.terminal.progress.stop();
      recordOptimization(store, run.id, { type: 'stage-done', stage });
    }
    // what is compared is put together already
    if (!stages.includes('compare')) await assembleModel(optimization);
    return 'finished';
  };
  const standing = (): string => JSON.stringify([stateOf(), store.readCheckpoints(run.id)]);
  return superviseRun({ store, run, results: config.results, asJson }, context, goThrough, standing);
}

/** What evolved elsewhere isn't evolved again. */
export function stagesOf({
  stages,
  evolved,
}: Pick<OptimizeConfig, 'stages' | 'evolved'>): readonly OptimizationStage[] {
  return optimizationStages.filter(
    (each) => stages.includes(each) && (each !== 'evolve' || evolved === null),
  );
}
