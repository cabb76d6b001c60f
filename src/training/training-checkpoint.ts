import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SnapEvoError } from '../errors/snapevo-error.js';
import type { Shape } from '../graph/value.js';
import { openSafetensors } from '../onnx/safetensors.js';
import { syncFolder, writeSafetensors, type WrittenFile } from '../onnx/safetensors-writer.js';
import type { TrainingState } from './training-session.js';
import { weightFormats, type WeightFormatName } from './weight-format.js';

const kinds = ['parameter', 'moment1', 'moment2', 'average'] as const;

/** How a training's state is written. */
export interface WriteStateOptions {
  /** Steps done, to be found in the file. */
  readonly step?: number;
  /** What weights are stored as, rounded to nearest; float32 unless told otherwise. The rest is float32. */
  readonly weightDtype?: WeightFormatName;
}

/** Writes a training's state to a file, whole or not at all; tensors are named `parameter/NAME`, `moment1/NAME`... */
export function writeTrainingState(
  path: string,
  state: TrainingState,
  shapeOf: (name: string) => Shape,
  { step, weightDtype = 'float32' }: WriteStateOptions = {},
): WrittenFile {
  const tensors = new Map(
    kinds.flatMap((kind) => {
      const dtype = weightFormats[kind === 'parameter' ? weightDtype : 'float32'].fileDtype;
      return [...state[kind]].map(
        ([name, data]) => [`${kind}/${name}`, { shape: shapeOf(name), data, dtype }] as const,
      );
    }),
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
  const file = openSafetensors(path);
  const state = { parameter: new Map(), moment1: new Map(), moment2: new Map(), average: new Map() };
  for (const fullName of file.tensors.keys()) {
    const kind = kinds.find((each) => fullName.startsWith(`${each}/`));
    if (kind !== undefined) state[kind].set(fullName.slice(kind.length + 1), file.read(fullName));
  }
  return state;
}

/**
 * Training states of a run, each a file named by the SHA-256 of its bytes: the reference that the search knows weights by.
 * Equal weights have equal references, and a file that was changed is found out.
 */
export class TrainingCheckpoints {
  readonly #folder: string;
  #newest: { readonly reference: string; readonly state: TrainingState } | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Path of a reference's file. */
  path(reference: string): string {
    return join(this.#folder, `${reference}.safetensors`);
  }

  /**
   * Size of a reference's file in bytes.
   * @throws SnapEvoError `CHECKPOINT_MISSING`
   */
  sizeOf(reference: string): number {
    const stats = statSync(this.path(reference), { throwIfNoEntry: false });
    if (stats === undefined) throw missing(this.path(reference), reference);
    return stats.size;
  }

  /** Stores a state and gives its reference. */
  save(
    state: TrainingState,
    shapeOf: (name: string) => Shape,
    weightDtype: WeightFormatName = 'float32',
  ): string {
    mkdirSync(this.#folder, { recursive: true });
    const unnamed = join(this.#folder, 'unnamed.safetensors');
    const { sha256: reference } = writeTrainingState(unnamed, state, shapeOf, { weightDtype });
    renameSync(unnamed, this.path(reference));
    syncFolder(this.#folder);
    this.#newest = { reference, state: asStored(state, weightDtype) };
    return reference;
  }

  /**
   * The state of a reference.
   * @throws SnapEvoError `CHECKPOINT_MISSING`, or `CHECKPOINT_DAMAGED` when the file's bytes are not those that were written
   */
  async load(reference: string): Promise<TrainingState> {
    if (this.#newest?.reference === reference) return this.#newest.state;
    const path = this.path(reference);
    if (!existsSync(path)) throw missing(path, reference);
    const found = await hashFile(path);
    if (found !== reference) {
      throw new SnapEvoError({
        code: 'CHECKPOINT_DAMAGED',
        message: `expected a file whose SHA-256 is ${reference}, found ${found}`,
        where: path,
        hint: 'the file was changed or cut short; restore it from a copy: a search without its checkpoints has to be started anew',
      });
    }
    return readTrainingState(path);
  }

  /** Frees the files of references that nobody needs any longer. */
  prune(needed: ReadonlySet<string>): void {
    if (!existsSync(this.#folder)) return;
    for (const file of readdirSync(this.#folder)) {
      const reference = file.replace(/\.safetensors$/, '');
      if (!needed.has(reference)) rmSync(join(this.#folder, file));
    }
  }
}

/** A state as it is read from a file with its weights in that format. */
function asStored(state: TrainingState, weightDtype: WeightFormatName): TrainingState {
  const { encode, decode } = weightFormats[weightDtype];
  const parameter = Array.from(state.parameter, ([name, data]) => [name, decode(encode(data))] as const);
  return { ...state, parameter: new Map(parameter) };
}

function missing(path: string, reference: string): SnapEvoError {
  return new SnapEvoError({
    code: 'CHECKPOINT_MISSING',
    message: `expected the file of the training state ${reference}, found none`,
    where: path,
    hint: 'put the file back if it was moved; a search without its checkpoints has to be started anew',
  });
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
