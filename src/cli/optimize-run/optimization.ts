import { join } from 'node:path';
import type { OptimizeConfig } from '../../config/optimize-config.js';
import { loadPipeline, type Pipeline } from '../../model/pipeline-folder.js';
import { runDirectory } from '../../store/run-directory.js';
import type { RunRecord } from '../../store/run-record.js';
import type { StageRunObserver } from '../../training/stage-run.js';
import type { StageSchedule } from '../../training/stage-schedule.js';
import type { CliContext } from '../cli-context.js';
import { observeStages } from '../compose/observe-stages.js';
import { databasePath } from '../compose/open-store.js';
import type { RunToFinish } from '../compose/run-to-finish.js';
import { weightCache } from '../compose/weight-cache.js';
import { readOptimizationState } from './optimization-state.js';
import type { StageFolder } from './stage-folders.js';

/** An optimization that is worked on. */
export interface Optimization extends RunToFinish<OptimizeConfig> {
  readonly context: CliContext;
  readonly asJson: boolean;
}

/** What tells where an optimization's files lie. */
interface Located {
  readonly run: Pick<RunRecord, 'id'>;
  readonly config: Pick<OptimizeConfig, 'results'>;
}

/** The run's own folder, where training states lie too. */
export function workFolder({ run, config }: Located): string {
  return runDirectory(databasePath(config.results), run.id);
}

export function stageFolder(optimization: Located, name: StageFolder): string {
  return join(workFolder(optimization), name);
}

/** Where the comparison's figures, curves and pictures are. */
export function comparisonFolder(optimization: Located): string {
  return join(workFolder(optimization), 'comparison');
}

/** The pipeline that is optimized, as it was. */
export function originalPipeline({ config }: Pick<Optimization, 'config'>): Pipeline {
  const { pipeline, results, variant } = config;
  return loadPipeline(pipeline, { cache: weightCache(results), variant: variant ?? undefined });
}

/** Where the pipeline lies whose UNet has evolved; undefined where none has. */
export function evolvedFolder(
  optimization: Pick<Optimization, 'store' | 'run' | 'config'>,
): string | undefined {
  const { store, run, config } = optimization;
  if (config.evolved !== null) return config.evolved;
  const { done } = readOptimizationState(store, run.id);
  return done.includes('evolve') ? stageFolder(optimization, 'evolved') : undefined;
}

/** Stores losses and checkpoints of a stage's trainings, and shows how far they are. */
export function stageObserver<Name extends string>(
  { store, run, context: { terminal, signal } }: Optimization,
  scheduleOf: (training: Name) => Pick<StageSchedule, 'totalSteps' | 'learningRate'>,
): StageRunObserver<Name> {
  return observeStages(scheduleOf, { store, runId: run.id }, terminal.progress, signal);
}
