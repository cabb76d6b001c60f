import type { OptimizationStage } from '../../config/optimize-config.js';
import type { RunStatus } from '../../store/run-record.js';
import type { CheckpointRecord } from '../../store/training-records.js';
import type { OptimizationState } from './optimization-state.js';

/**
 * Folders of an optimization's run: pipelines with what a stage made of the UNet, a VAE with what another made of the decoder, and in the end a pipeline with all of it. The
 * state says which of them are done.
 */
export type StageFolder = 'evolved' | 'vae' | 'distilled' | 'model';

/** Kind of the record of a file that is part of one. */
export const MODEL_FILE = 'model-file';

/** The stage after which each is as it stays; where nothing is compared, the pipeline is when all is finished. */
const settledBy: Readonly<Record<StageFolder, OptimizationStage>> = {
  evolved: 'evolve',
  vae: 'decoder',
  distilled: 'steps',
  model: 'compare',
};

/**
 * Whether the file of a record is one that nothing puts another in the place of. Those of a stage that isn't done, an interrupted try of it may have taken away or
 * written anew since they were recorded.
 */
export function isSettled(
  { file, kind }: Pick<CheckpointRecord, 'file' | 'kind'>,
  { done }: Pick<OptimizationState, 'done'>,
  status: RunStatus,
): boolean {
  if (kind !== MODEL_FILE || status === 'finished') return true;
  const [folder] = file.split('/');
  return done.includes(settledBy[folder as StageFolder]);
}

/** What the name of a folder begins with that holds a scheduler until it is in its pipeline's. */
export const SCHEDULER = 'scheduler-';

/** `replaceFolder` and `mkdtemp` name theirs so. */
const UNFINISHED = new RegExp(`^(?:\\w+\\.\\d+\\.unfinished(?:\\.former)?|${SCHEDULER}\\w{6})$`);

/** Whether a folder of an optimization's run, by its name, is of a try that ended before its folder was whole. */
export const isUnfinished = (name: string): boolean => UNFINISHED.test(name);
