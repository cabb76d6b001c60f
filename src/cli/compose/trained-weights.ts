import { join } from 'node:path';
import type { LoadWeights } from '../../evaluation/unet-sessions.js';
import { unetKind } from '../../model/model-kind.js';
import type { Pipeline } from '../../model/pipeline-folder.js';
import { runDirectory } from '../../store/checkpoint-files.js';
import { TrainingCheckpoints } from '../../training/training-checkpoint.js';
import { initialState } from '../../training/training-session.js';
import { databasePath } from './open-store.js';

/** The training states of a search, in its folder. */
export function searchCheckpoints(resultsFolder: string, runId: string): TrainingCheckpoints {
  return new TrainingCheckpoints(join(runDirectory(databasePath(resultsFolder), runId), 'checkpoints'));
}

/** UNet weights by the reference of a training state. */
export function trainedWeights(checkpoints: Pick<TrainingCheckpoints, 'load'>): LoadWeights {
  return async (reference) => (await checkpoints.load(reference)).parameter;
}

/** Stores pretrained weights as the state that a training starts from, and gives its reference. */
export async function savePretrained(
  checkpoints: Pick<TrainingCheckpoints, 'save'>,
  { config, weights }: Pipeline['unet'],
): Promise<string> {
  const shapes = new Map(unetKind.parameters(config).map(({ name, shape }) => [name, shape]));
  return checkpoints.save(initialState(weights), (name) => shapes.get(name) ?? []);
}
