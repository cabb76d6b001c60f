import { join } from 'node:path';
import type { LoadWeights } from '../../evaluation/unet-sessions.js';
import { elementCount } from '../../graph/value.js';
import { maxBytesInMemory } from '../../model/in-place-weights.js';
import { LazyWeights } from '../../model/lazy-weights.js';
import { storedParameters, unetKind } from '../../model/model-kind.js';
import type { Pipeline } from '../../model/pipeline-folder.js';
import { runDirectory } from '../../store/run-directory.js';
import type { CheckpointRecord } from '../../store/training-records.js';
import { TrainingCheckpoints } from '../../training/training-checkpoint.js';
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
  return trainingStateRecord(reference, checkpoints.sizeOf(reference), step);
}

/** The same, where its size is known. */
export function trainingStateRecord(reference: string, sizeBytes: number, step: number): CheckpointRecord {
  const file = `checkpoints/${reference}.safetensors`;
  return { file, sha256: reference, sizeBytes, step, kind: 'training-state' };
}

/**
 * UNet weights by the reference of a training state: small ones in memory, large ones as pretrained ones are used, where they lie.
 * @param maxBytes those of more stay in the state's file
 */
export function trainedWeights(
  checkpoints: Pick<TrainingCheckpoints, 'lend'>,
  maxBytes = maxBytesInMemory,
): LoadWeights {
  return async (reference) => {
    const { parameters, giveBack } = await checkpoints.lend(reference);
    if (parameters.float32Bytes > maxBytes) return { weights: parameters, giveBack };
    try {
      return { weights: new Map(parameters) };
    } finally {
      giveBack();
    }
  };
}

/** Stores pretrained weights as the state that a training starts from, with moments at zero, and gives its reference. */
export function savePretrained(
  checkpoints: Pick<TrainingCheckpoints, 'save'>,
  unet: Pipeline['unet'],
): string {
  const { all } = storedParameters(unetKind, unet);
  const shapes = new Map(all.map(({ name, shape }) => [name, shape]));
  const zero = new Float32Array(Math.max(...all.map(({ shape }) => elementCount(shape))));
  const zeros = new LazyWeights(
    new Map(all.map(({ name, shape }) => [name, () => zero.subarray(0, elementCount(shape))])),
  );
  const state = {
    parameter: unet.weights,
    moment1: zeros,
    moment2: zeros,
    average: new Map<string, never>(),
  };
  return checkpoints.save(state, (name) => shapes.get(name) ?? []);
}
