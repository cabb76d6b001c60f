import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { SnapEvoError } from '../errors/snapevo-error.js';
import type { Shape } from '../graph/value.js';
import type { StoredWeights } from '../model/stored-weights.js';
import { hashFile } from '../files/hash-file.js';
import { syncFolder } from '../files/sync-folder.js';
import type { TrainingState } from './training-session.js';
import { openTrainingState, writeTrainingState, type StoredState } from './training-state-file.js';

/** Parameters in a file that stays as long as they are lent. */
export interface LentParameters {
  readonly parameters: StoredWeights;
  /** Once nothing reads the file any more. */
  readonly giveBack: () => void;
}

/**
 * Training states of a run, each a file named by the SHA-256 of its bytes: the reference that the search knows weights by.
 * Equal weights have equal references, and a file that was changed is found out. States stay in their files: they are
 * three times as large as their network, and wanted in parts.
 */
export class TrainingCheckpoints {
  readonly #folder: string;
  /** What files looked like when their bytes were known to be those of their names. */
  readonly #intact = new Map<string, string>();
  /** How many read a reference's file. */
  readonly #readers = new Map<string, number>();
  /** References whose files go once nobody reads them. */
  #leaving = new Set<string>();

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
    return this.#statsOf(reference).size;
  }

  /** Stores a state and gives its reference. */
  save(state: TrainingState, shapeOf: (name: string) => Shape): string {
    mkdirSync(this.#folder, { recursive: true });
    const unnamed = join(this.#folder, 'unnamed.safetensors');
    const { sha256: reference } = writeTrainingState(unnamed, state, shapeOf);
    renameSync(unnamed, this.path(reference));
    syncFolder(this.#folder);
    this.#leaving.delete(reference);
    this.#intact.set(reference, this.#lookOf(reference));
    return reference;
  }

  /** Whether a reference's file is there. */
  has(reference: string): boolean {
    return existsSync(this.path(reference));
  }

  /**
   * The state of a reference. Its tensors are read from the file each time they are asked for.
   * @throws SnapEvoError `CHECKPOINT_MISSING`, or `CHECKPOINT_DAMAGED` when the file's bytes are not those that were written
   */
  async load(reference: string): Promise<StoredState> {
    const path = this.path(reference);
    const look = this.#lookOf(reference);
    try {
      if (this.#intact.get(reference) !== look) await requireIntact(path, reference);
      this.#intact.set(reference, look);
      return openTrainingState(path);
    } catch (error) {
      throw this.has(reference) ? error : missing(path, reference);
    }
  }

  /**
   * The parameters of a reference, for what reads the file as long as it is there, such as a session.
   * @throws as {@link load} does
   */
  async lend(reference: string): Promise<LentParameters> {
    const { parameter } = await this.load(reference);
    this.#readers.set(reference, (this.#readers.get(reference) ?? 0) + 1);
    let isLent = true;
    return {
      parameters: parameter,
      giveBack: () => {
        if (isLent) this.#takeBack(reference);
        isLent = false;
      },
    };
  }

  /** Frees the files of references that nobody needs any longer; those that are lent, when they are given back. */
  prune(needed: ReadonlySet<string>): void {
    if (!existsSync(this.#folder)) return;
    const files = readdirSync(this.#folder);
    const superfluous = files.filter((file) => !needed.has(referenceOf(file)));
    const isRead = (file: string): boolean => this.#readers.has(referenceOf(file));
    this.#leaving = new Set(superfluous.filter(isRead).map(referenceOf));
    for (const file of superfluous) if (!isRead(file)) removeUnlessOpen(join(this.#folder, file));
  }

  /** Takes back all that is lent, once whatever read it is gone. */
  takeBackAll(): void {
    for (const reference of [...this.#readers.keys()]) {
      this.#readers.set(reference, 1);
      this.#takeBack(reference);
    }
  }

  #takeBack(reference: string): void {
    const left = (this.#readers.get(reference) ?? 1) - 1;
    if (left > 0) {
      this.#readers.set(reference, left);
      return;
    }
    this.#readers.delete(reference);
    if (this.#leaving.delete(reference)) removeUnlessOpen(this.path(reference));
  }

  #lookOf(reference: string): string {
    const { size, mtimeMs, ino } = this.#statsOf(reference);
    return [size, mtimeMs, ino].join();
  }

  #statsOf(reference: string): Stats {
    const stats = statSync(this.path(reference), { throwIfNoEntry: false });
    if (stats === undefined) throw missing(this.path(reference), reference);
    // reading a pipe or a device has no end
    if (!stats.isFile()) throw damaged(this.path(reference), reference, 'something that is no file');
    return stats;
  }
}

const referenceOf = (file: string): string => file.replace(/\.safetensors$/, '');

/** Windows keeps a file that another process has mapped: the next to prune removes it. */
function removeUnlessOpen(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    if (process.platform !== 'win32') throw error;
  }
}

async function requireIntact(path: string, reference: string): Promise<void> {
  const found = await hashFile(path);
  if (found !== reference) throw damaged(path, reference, found);
}

function damaged(path: string, reference: string, found: string): SnapEvoError {
  return new SnapEvoError({
    code: 'CHECKPOINT_DAMAGED',
    message: `expected a file whose SHA-256 is ${reference}, found ${found}`,
    where: path,
    hint: 'the file was changed or cut short; restore it from a copy: a search without its checkpoints has to be started anew',
  });
}

function missing(path: string, reference: string): SnapEvoError {
  return new SnapEvoError({
    code: 'CHECKPOINT_MISSING',
    message: `expected the file of the training state ${reference}, found none`,
    where: path,
    hint: 'put the file back if it was moved; a search without its checkpoints has to be started anew',
  });
}
