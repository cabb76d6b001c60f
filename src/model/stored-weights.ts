import { realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { ExternalData } from '../graph/graph.js';
import { elementCount } from '../graph/value.js';
import { SafetensorsError } from '../onnx/safetensors-error.js';
import type { SafetensorsFile } from '../onnx/safetensors.js';
import { LazyWeights } from './lazy-weights.js';

/**
 * Weights that stay in their file. A graph can refer to those that are stored as float32. Reading one throws SafetensorsError where the file is no
 * longer what it was.
 */
export class StoredWeights extends LazyWeights {
  readonly #file: SafetensorsFile;
  readonly #stored: ReadonlyMap<string, string>;

  /**
   * @param stored which tensor of the file a parameter is
   * @param absent parameters that the file lacks, made when they are asked for
   */
  constructor(
    file: SafetensorsFile,
    stored: ReadonlyMap<string, string>,
    absent: ReadonlyMap<string, () => Float32Array> = new Map(),
  ) {
    const read = Array.from(stored, ([name, tensor]) => [name, () => file.read(tensor)] as const);
    super(new Map([...read, ...absent]));
    this.#file = file;
    this.#stored = stored;
  }

  /** Whether all that the file has can be referred to. */
  get areFloat32(): boolean {
    return [...this.#stored.values()].every((name) => this.#file.tensors.get(name)?.dtype === 'F32');
  }

  /** What those in the file take as float32. */
  get float32Bytes(): number {
    const counts = Array.from(this.#stored.values(), (name) =>
      elementCount(this.#file.tensors.get(name)?.shape ?? [0]),
    );
    return Float32Array.BYTES_PER_ELEMENT * counts.reduce((sum, count) => sum + count, 0);
  }

  /** The folder of the file or files, which {@link locate} is relative to. */
  get folder(): string {
    return dirname(realPath([...this.#file.tensors.values()][0]?.path ?? this.#file.path));
  }

  /**
   * Where a parameter lies; undefined where there is none, or it is not float32. Links are followed: the runtime refuses those that lead out of a
   * folder.
   * @throws SafetensorsError where the file is gone
   */
  locate(name: string): ExternalData | undefined {
    const entry = this.#file.tensors.get(this.#stored.get(name) ?? '');
    if (entry?.dtype !== 'F32') return undefined;
    const path = realPath(entry.path);
    return {
      folder: dirname(path),
      location: basename(path),
      offset: entry.byteOffset,
      length: entry.byteLength,
    };
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SafetensorsError('SAFETENSORS_UNREADABLE', `can't be read: ${reason}`, { path, cause });
  }
}
