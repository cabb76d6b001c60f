import { readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { hashFile } from '../../files/hash-file.js';
import { stageFolder, workFolder, type Optimization } from './optimization.js';
import { MODEL_FILE, type StageFolder } from './stage-folders.js';

/**
 * Stores what each file of a stage's folder is like now that it is whole, for `verify`.
 * @throws errors of the system; the signal's reason once it fires
 */
export async function recordFolder(
  optimization: Pick<Optimization, 'store' | 'run' | 'config' | 'context'>,
  name: StageFolder,
): Promise<void> {
  const { store, run, context } = optimization;
  const root = workFolder(optimization);
  for (const path of filesBelow(stageFolder(optimization, name))) {
    const file = relative(root, path).replaceAll(sep, '/');
    const sha256 = await hashFile(path, context.signal);
    store.recordCheckpoint(run.id, {
      ...{ file, sha256, sizeBytes: statSync(path).size },
      ...{ step: 0, kind: MODEL_FILE },
    });
  }
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}
