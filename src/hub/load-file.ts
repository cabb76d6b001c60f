import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { hashFile } from './file-hash.js';
import { hubError, openFile, type HubAccess, type Snapshot } from './hub.js';
import type { RepositoryFile } from './repository-file.js';

/** What loading files needs besides the file. */
export interface Loading {
  readonly snapshot: Snapshot;
  readonly access: HubAccess;
  readonly folder: string;
  /** Told of bytes as they arrive, and at once of those that were there; negative when they have to be loaded again. */
  readonly onBytes?: (count: number) => void;
}

/**
 * Brings a file into the folder, going on where an earlier try was cut off, and gives it its name only once its size and
 * hash are right. A file that is there and right is left alone.
 * @throws SnapEvoError `HUB_FILE_DAMAGED` where the hub's bytes are not those that it listed, and as `hubError`
 */
export async function loadFile(file: RepositoryFile, loading: Loading): Promise<void> {
  const target = join(loading.folder, file.path);
  if (existsSync(target) && (await isRight(target, file))) {
    loading.onBytes?.(file.size);
    return;
  }
  mkdirSync(dirname(target), { recursive: true });
  const part = `${target}.${file.hash.value.slice(0, 12)}.part`;
  await loadPart(part, file, loading);
  if (!(await isRight(part, file))) {
    rmSync(part);
    loading.onBytes?.(-file.size);
    throw damaged(file, loading.snapshot);
  }
  renameSync(part, target);
}

/** The bytes of the part that are missing. A part that is too long is no part of this file, and no more is taken than the file has. */
async function loadPart(part: string, file: RepositoryFile, loading: Loading): Promise<void> {
  const { snapshot, access, onBytes } = loading;
  const size = sizeOf(part);
  const offset = size <= file.size ? size : 0;
  onBytes?.(offset);
  if (offset === file.size && existsSync(part)) return;
  const bytes = await openFile(snapshot, file, offset, access);
  let taken = offset;
  const count = new Transform({
    transform: (chunk: Uint8Array, _, done) => {
      if (taken + chunk.length > file.size) {
        done(damaged(file, snapshot));
        return;
      }
      taken += chunk.length;
      onBytes?.(chunk.length);
      done(null, chunk);
    },
  });
  const sink = createWriteStream(part, { flags: offset === 0 ? 'w' : 'a', flush: true });
  try {
    await pipeline(Readable.fromWeb(bytes as ReadableStream), count, sink);
  } catch (cause) {
    if (isDamaged(cause)) {
      rmSync(part);
      onBytes?.(-taken);
    }
    throw hubError(cause, `${snapshot.repository}/${file.path}`, access);
  }
}

async function isRight(path: string, { size, hash }: RepositoryFile): Promise<boolean> {
  return sizeOf(path) === size && (await hashFile(path, hash.algorithm, size)) === hash.value;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function isDamaged(error: unknown): boolean {
  return error instanceof SnapEvoError && error.code === 'HUB_FILE_DAMAGED';
}

function damaged({ path, size, hash }: RepositoryFile, { repository }: Snapshot): SnapEvoError {
  return new SnapEvoError({
    code: 'HUB_FILE_DAMAGED',
    message: `expected ${size} bytes with the ${hash.algorithm} ${hash.value.slice(0, 12)}..., found others`,
    where: `${repository}/${path}`,
    hint: 'what arrived was deleted: try again; if it stays so, the file on the hub is damaged',
  });
}
