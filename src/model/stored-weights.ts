import { realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { ExternalData } from '../graph/graph.js';
import type { SafetensorsFile } from '../onnx/safetensors.js';

/**
 * Weights that stay in their file: read whenever they are asked for, and never kept. A graph can refer to those that are stored as float32.
 */
export class StoredWeights implements ReadonlyMap<string, Float32Array> {
  readonly #file: SafetensorsFile;
  readonly #stored: ReadonlyMap<string, string>;
  readonly #absent: ReadonlyMap<string, () => Float32Array>;

  /**
   * @param stored which tensor of the file a parameter is
   * @param absent parameters that the file lacks, made when they are asked for
   */
  constructor(
    file: SafetensorsFile,
    stored: ReadonlyMap<string, string>,
    absent: ReadonlyMap<string, () => Float32Array> = new Map(),
  ) {
    this.#file = file;
    this.#stored = stored;
    this.#absent = absent;
  }

  get size(): number {
    return this.#stored.size + this.#absent.size;
  }

  /** Whether all that the file has can be referred to. */
  get areFloat32(): boolean {
    return [...this.#stored.values()].every((name) => this.#file.tensors.get(name)?.dtype === 'F32');
  }

  /** The folder of the file or files, which {@link locate} is relative to. */
  get folder(): string {
    return dirname(realpathSync([...this.#file.tensors.values()][0]?.path ?? this.#file.path));
  }

  has(name: string): boolean {
    return this.#stored.has(name) || this.#absent.has(name);
  }

  /** Elements as float32. Throws SafetensorsError where the file is no longer what it was. */
  get(name: string): Float32Array | undefined {
    const stored = this.#stored.get(name);
    return stored === undefined ? this.#absent.get(name)?.() : this.#file.read(stored);
  }

  /** Where a parameter lies; undefined where there is none, or it is not float32. Links are followed: the runtime refuses those that lead out of a folder. */
  locate(name: string): ExternalData | undefined {
    const entry = this.#file.tensors.get(this.#stored.get(name) ?? '');
    if (entry?.dtype !== 'F32') return undefined;
    const path = realpathSync(entry.path);
    return {
      folder: dirname(path),
      location: basename(path),
      offset: entry.byteOffset,
      length: entry.byteLength,
    };
  }

  *keys(): MapIterator<string> {
    yield* this.#stored.keys();
    yield* this.#absent.keys();
  }

  *values(): MapIterator<Float32Array> {
    for (const [, data] of this) yield data;
  }

  *entries(): MapIterator<[string, Float32Array]> {
    for (const [name, stored] of this.#stored) yield [name, this.#file.read(stored)];
    for (const [name, make] of this.#absent) yield [name, make()];
  }

  [Symbol.iterator](): MapIterator<[string, Float32Array]> {
    return this.entries();
  }

  forEach(
    visit: (data: Float32Array, name: string, weights: ReadonlyMap<string, Float32Array>) => void,
  ): void {
    for (const [name, data] of this) visit(data, name, this);
  }
}
