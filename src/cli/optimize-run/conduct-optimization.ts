import type { OptimizationStage } from '../../config/optimize-config.js';
import { unlessAborted } from '../../errors/unless-aborted.js';
import type { Ending } from '../compose/hold-run.js';
import { superviseRun } from '../compose/supervise-run.js';
import { assembleModel } from './assemble-model.js';
import { compareStage } from './compare-stage.js';
import { decoderStage } from './decoder-stage.js';
import { evolveStage } from './evolve-stage.js';
import type { Optimization } from './optimization.js';
import { readOptimizationState, recordOptimization } from './optimization-state.js';
import { stagesOf } from './stages-of.js';
import { standingOf } from './standing.js';
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
  const { signal } = context;
  const goThrough = async (): Promise<Ending> => {
    onOpened?.();
    const stages = stagesOf(config);
    for (const stage of stages) {
      if (readOptimizationState(store, run.id).done.includes(stage)) continue;
      // a stage that ended as it was interrupted is done; the next is not prepared for nothing
      if (signal.aborted) return 'interrupted';
      recordOptimization(store, run.id, { type: 'stage-begun', stage });
      tellStage(optimization, stage, stages);
      if (!(await workers[stage](optimization))) return 'interrupted';
      context.terminal.progress.stop();
      recordOptimization(store, run.id, { type: 'stage-done', stage });
    }
    // what is compared is put together already
    if (!stages.includes('compare')) await assembleModel(optimization);
    return 'finished';
  };
  const work = async (): Promise<Ending> => (await unlessAborted(signal, goThrough)) ?? 'interrupted';
  const supervised = { store, run, results: config.results, asJson };
  return superviseRun(supervised, context, work, () => standingOf(optimization));
}

function tellStage(
  { run, context: { terminal }, asJson }: Optimization,
  stage: OptimizationStage,
  stages: readonly OptimizationStage[],
): void {
  terminal.note(`stage ${stage}, ${stages.indexOf(stage) + 1} of ${stages.length}`);
  if (asJson) terminal.printJson({ type: 'stage', run: run.id, stage, of: stages });
}
