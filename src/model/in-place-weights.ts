import { createHash } from 'node:crypto';
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ExternalData } from '../graph/graph.js';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { loadModel, locateWeights, writeModel } from './model-folder.js';
import type { ModelKind } from './model-kind.js';

/** Where a model's parameters lie, for graphs that refer to them in place. */
export interface InPlaceWeights {
  readonly weights: ReadonlyMap<string, ExternalData>;
  /** The folder that their locations are relative to. */
  readonly folder: string;
}

/**
 * Finds a model's float32 parameters in its own file; where they are stored as something else or in several files, in a float32 copy,
 * which is written into `cache` the first time.
 * @throws what reading the model throws; SafetensorsError when the copy can't be written
 */
export function inPlaceWeights<Config>(
  kind: ModelKind<Config>,
  folder: string,
  config: Config,
  cache: string,
): InPlaceWeights {
  try {
    return { weights: locateWeights(kind, folder, config), folder };
  } catch (error) {
    if (!(error instanceof SnapEvoError) || error.code !== 'WEIGHTS_NOT_FLOAT32') throw error;
  }
  const copy = join(cache, nameOf(folder));
  const file = join(copy, `${kind.stem}.safetensors`);
  if (!existsSync(file)) writeModel(kind, copy, loadModel(kind, folder));
  return { weights: locateWeights(kind, copy, config), folder: copy };
}

/** Changes when one of the folder's files was written anew, in place too: the folder's own time tells of new names alone. */
function nameOf(folder: string): string {
  const real = realpathSync(folder);
  const files = readdirSync(real).toSorted();
  const times = files.map((file) => {
    const stats = statSync(join(real, file), { throwIfNoEntry: false });
    return [file, stats?.mtimeMs, stats?.size];
  });
  return createHash('sha256')
    .update(JSON.stringify([real, times]))
    .digest('hex')
    .slice(0, 16);
}
