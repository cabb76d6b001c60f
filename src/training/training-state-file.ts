import type { Shape } from '../graph/value.js';
import { StoredWeights } from '../model/stored-weights.js';
import { openSafetensors } from '../onnx/safetensors.js';
import { writeSafetensors, type WrittenFile } from '../onnx/safetensors-writer.js';
import { stateKinds, type StateKind } from './training-graph.js';
import type { TrainingState } from './training-session.js';

/** A training's state that stays in its file. */
export type StoredState = Readonly<Record<StateKind, StoredWeights>>;

/**
 * Writes a training's state to a file, whole or not at all; tensors are named `parameter/NAME`, `moment1/NAME`... Each is asked for when it is
 * its turn, so that a state that isn't in memory doesn't get there.
 */
export function writeTrainingState(
  path: string,
  state: TrainingState,
  shapeOf: (name: string) => Shape,
  step?: number,
): WrittenFile {
  const tensors = new Map(
    stateKinds.flatMap((kind) =>
      Array.from(state[kind].keys(), (name) => {
        const data = (): Float32Array => state[kind].get(name) ?? new Float32Array();
        return [`${kind}/${name}`, { shape: shapeOf(name), data }] as const;
      }),
    ),
  );
  return writeSafetensors(path, tensors, step === undefined ? {} : { metadata: { step: String(step) } });
}

/** Steps done when a state was written, as its file says; 0 where it doesn't. */
export function readStep(path: string): number {
  const step = Number(openSafetensors(path).metadata.get('step') ?? 0);
  return Number.isSafeInteger(step) && step > 0 ? step : 0;
}

/** Reads what {@link writeTrainingState} wrote. Throws as `openSafetensors` does. */
export function readTrainingState(path: string): TrainingState {
  const { parameter, moment1, moment2, average } = openTrainingState(path);
  return {
    parameter: new Map(parameter),
    moment1: new Map(moment1),
    moment2: new Map(moment2),
    average: new Map(average),
  };
}

/** Opens what {@link writeTrainingState} wrote, and leaves it there. Throws as `openSafetensors` does. */
export function openTrainingState(path: string): StoredState {
  const file = openSafetensors(path);
  const ofKind = (kind: string): StoredWeights => {
    const names = [...file.tensors.keys()].filter((name) => name.startsWith(`${kind}/`));
    return new StoredWeights(file, new Map(names.map((name) => [name.slice(kind.length + 1), name])));
  };
  return {
    parameter: ofKind('parameter'),
    moment1: ofKind('moment1'),
    moment2: ofKind('moment2'),
    average: ofKind('average'),
  };
}
