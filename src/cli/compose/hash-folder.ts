import { createHash } from 'node:crypto';
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { hashFile } from '../../files/hash-file.js';

/**
 * What tells one model folder from another: SHA-256 over the names and contents of the files that say what it computes.
 * @throws SnapEvoError `MODEL_UNREADABLE` when there is no such folder, or one of the files can't be read
 */
export async function hashModelFolder(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const path of modelFiles(folder)) {
    const fileHash = await hashFile(path).catch((cause: unknown) => {
      throw unreadable('file', path, cause);
    });
    hash.update(relative(folder, path).replaceAll(sep, '/')).update('\0').update(fileHash, 'hex');
  }
  return hash.digest('hex');
}

/** Read-me files and pictures may change without the model changing. */
const MODEL_FILE = /\.(?:json|safetensors|txt|bin|onnx)$/;

function modelFiles(folder: string): readonly string[] {
  return listFiles(folder)
    .filter((path) => MODEL_FILE.test(path))
    .sort();
}

function listFiles(folder: string): readonly string[] {
  try {
    return filesIn(folder, []);
  } catch (cause) {
    throw unreadable('folder', folder, cause);
  }
}

function unreadable(what: 'folder' | 'file', where: string, cause: unknown): SnapEvoError {
  return new SnapEvoError({
    code: 'MODEL_UNREADABLE',
    message: `expected the ${what} of a model: ${cause instanceof Error ? cause.message : String(cause)}`,
    where,
    hint: 'check the path; those in a configuration are relative to its file',
    cause,
  });
}

/** Links are followed, since the Hugging Face cache is made of them; back to one of the folders on the way, they are not. */
function filesIn(folder: string, onTheWay: readonly string[]): readonly string[] {
  const real = realpathSync(folder);
  if (onTheWay.includes(real)) return [];
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory() === true) return filesIn(path, [...onTheWay, real]);
    return stats?.isFile() === true ? [path] : [];
  });
}
