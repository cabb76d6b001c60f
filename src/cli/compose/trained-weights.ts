import { join } from 'node:path';
import type { LoadWeights } from '../../evaluation/unet-sessions.js';
import { storedParameters, unetKind } from '../../model/model-kind.js';
import type { Pipeline } from '../../model/pipeline-folder.js';
import { runDirectory } from '../../store/run-directory.js';
import type { CheckpointRecord } from '../../store/training-records.js';
import { TrainingCheckpoints } from '../../training/training-checkpoint.js';
import { initialState } from '../../training/training-session.js';
import { databasePath } from './open-store.js';

/** The training states of a search, in its folder. */
export function searchCheckpoints(resultsFolder: string, runId: string): TrainingCheckpoints {
  return new TrainingCheckpoints(join(runDirectory(databasePath(resultsFolder), runId), 'checkpoints'));
}

/** What the store is to know of a training state's file. Throws `CHECKPOINT_MISSING`. */
export function checkpointRecord(
  checkpoints: Pick<TrainingCheckpoints, 'sizeOf'>,
  reference: string,
  step: number,
): CheckpointRecord {
  const file = `checkpoints/${reference}.safetensors`;
  return { file, sha256: reference, sizeBytes: checkpoints.sizeOf(reference), step, kind: 'training-state' };
}

/** UNet weights by the reference of a training state. */
export function trainedWeights(checkpoints: Pick<TrainingCheckpoints, 'load'>): LoadWeights {
  return async (reference) => (await checkpoints.load(reference)).parameter;
}

/** Stores pretrained weights as the state that a training starts from, which keeps no average, and gives its reference. */
export function savePretrained(
  checkpoints: Pick<TrainingCheckpoints, 'save'>,
  unet: Pipeline['unet'],
): string {
  const { all } = storedParameters(unetKind, unet);
  const shapes = new Map(all.map(({ name, shape }) => [name, shape]));
  const state = { ...initialState(unet.weights), average: new Map<string, Float32Array>() };
  return checkpoints.save(state, (name) => shapes.get(name) ?? []);
}
