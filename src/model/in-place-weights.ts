import { createHash } from 'node:crypto';
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openModel, writeModel, type LoadedModel, type OpenedModel } from './model-folder.js';
import type { ModelKind } from './model-kind.js';
import { parameterCount } from './parameter-count.js';

/** Weights that take more than this as float32 stay in their file: in a graph's own bytes they would be held several times over. */
export const maxBytesInMemory = 64 * 2 ** 20;

/**
 * Reads a model for graphs that run it: a small one into memory, a large one as {@link openInPlace} does.
 * @throws what reading the model throws; SafetensorsError when a copy can't be written
 */
export function loadForRunning<Config>(
  kind: ModelKind<Config>,
  folder: string,
  cache: string,
  variant?: string,
): LoadedModel<Config> {
  const opened = openModel(kind, folder, variant);
  const bytes = Float32Array.BYTES_PER_ELEMENT * parameterCount(kind.parameters(opened.config));
  if (bytes > maxBytesInMemory) return openInPlace(kind, folder, cache, variant);
  return { ...opened, weights: new Map(opened.weights) };
}

/**
 * Opens a model whose graphs refer to its float32 parameters where they lie; where they are stored as something else, in a float32 copy, which
 * is written into `cache` the first time: the CPU's kernels want float32, and what a runtime converts by itself it holds in memory.
 * @throws what reading the model throws; SafetensorsError when the copy can't be written
 */
export function openInPlace<Config>(
  kind: ModelKind<Config>,
  folder: string,
  cache: string,
  variant?: string,
): OpenedModel<Config> {
  const opened = openModel(kind, folder, variant);
  if (opened.weights.areFloat32) return opened;
  const copy = join(cache, nameOf(folder, variant));
  if (!existsSync(join(copy, `${kind.stem}.safetensors`))) writeModel(kind, copy, opened);
  return openModel(kind, copy);
}

/** Changes when one of the folder's files was written anew, in place too: the folder's own time tells of new names alone. */
function nameOf(folder: string, variant: string | undefined): string {
  const real = realpathSync(folder);
  const files = readdirSync(real).toSorted();
  const times = files.map((file) => {
    const stats = statSync(join(real, file), { throwIfNoEntry: false });
    return [file, stats?.mtimeMs, stats?.size];
  });
  return createHash('sha256')
    .update(JSON.stringify([real, times, ...(variant === undefined ? [] : [variant])]))
    .digest('hex')
    .slice(0, 16);
}
