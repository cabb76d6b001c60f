import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { SnapEvoError } from '../errors/snapevo-error.js';
import type { CheckpointRecord } from './training-records.js';

/** What is known of a file once it is whole on disk: the part of a `CheckpointRecord` that writing decides. */
export type WrittenFile = Pick<CheckpointRecord, 'file' | 'sha256' | 'sizeBytes'>;

const TEMPORARY_SUFFIX = '.partial';
const READ_CHUNK_BYTES = 1 << 22;

/** Where a run's checkpoints and plots lie: a folder of the run's name beside the database. */
export function runDirectory(databasePath: string, runId: string): string {
  return join(dirname(databasePath), runId);
}

/**
 * Writes a file so that its name only ever stands for complete content: temporary name, fsync, rename, fsync of the folder.
 * @param directory the run's directory; made when missing
 * @param file path within it, with forward slashes
 * @param chunks the content, piece by piece, so that it need not be in memory as one
 * @throws SnapEvoError `STORE_CHECKPOINT_PATH` when `file` leads out of the directory
 */
export function writeCheckpointFile(
  directory: string,
  file: string,
  chunks: Iterable<Uint8Array>,
): WrittenFile {
  const path = resolveInside(directory, file);
  mkdirSync(dirname(path), { recursive: true });
  const temporaryPath = path + TEMPORARY_SUFFIX;
  const written = writeSynced(temporaryPath, chunks);
  renameSync(temporaryPath, path);
  syncDirectory(dirname(path));
  return { file, ...written };
}

/**
 * Checks a recorded file against its hash, without holding it in memory, and returns its path for whoever reads it.
 * @throws SnapEvoError `STORE_CHECKPOINT_MISSING` or `STORE_CHECKPOINT_CORRUPT`, naming the file
 */
export function verifyCheckpointFile(directory: string, recorded: WrittenFile): string {
  const path = resolveInside(directory, recorded.file);
  const found = hashFile(path);
  if (found !== recorded.sha256) throw corruptFile(path, recorded.sha256, found);
  return path;
}

/** The content of a recorded file, checked as by `verifyCheckpointFile`. */
export function readCheckpointFile(directory: string, recorded: WrittenFile): Uint8Array {
  const path = resolveInside(directory, recorded.file);
  const bytes = withMissingNamed(path, () => readFileSync(path));
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== recorded.sha256) throw corruptFile(path, recorded.sha256, found);
  return bytes;
}

/** Removes what writers that were killed left behind. To be called by the holder of the run's lock only. */
export function removePartialFiles(directory: string): void {
  mkdirSync(directory, { recursive: true });
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith(TEMPORARY_SUFFIX)) rmSync(join(directory, name));
  }
}

function resolveInside(directory: string, file: string): string {
  const relative = normalize(file);
  if (isAbsolute(relative) || relative.split(/[/\\]/)[0] === '..' || relative === '.') {
    throw new SnapEvoError({
      code: 'STORE_CHECKPOINT_PATH',
      message: `expected a path within the run's directory, found ${JSON.stringify(file)}`,
      where: directory,
      fault: 'internal',
    });
  }
  return join(directory, relative);
}

function writeSynced(path: string, chunks: Iterable<Uint8Array>): Omit<WrittenFile, 'file'> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const descriptor = openSync(path, 'w');
  try {
    for (const chunk of chunks) {
      writeFully(descriptor, chunk);
      hash.update(chunk);
      sizeBytes += chunk.byteLength;
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}

function writeFully(descriptor: number, chunk: Uint8Array): void {
  for (let offset = 0; offset < chunk.byteLength;) {
    offset += writeSync(descriptor, chunk, offset);
  }
}

/** A rename is on disk only once its folder is. Windows has no such call and needs none. */
function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function hashFile(path: string): string {
  const descriptor = withMissingNamed(path, () => openSync(path, 'r'));
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(READ_CHUNK_BYTES);
  try {
    for (let read = readSync(descriptor, buffer); read > 0; read = readSync(descriptor, buffer)) {
      hash.update(buffer.subarray(0, read));
    }
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
}

function withMissingNamed<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new SnapEvoError({
      code: 'STORE_CHECKPOINT_MISSING',
      message: 'expected a recorded checkpoint file, found none that can be read',
      where: path,
      hint: 'Put the file back, or start a new run; the store knows it by this name.',
      cause,
    });
  }
}

function corruptFile(path: string, expected: string, found: string): SnapEvoError {
  return new SnapEvoError({
    code: 'STORE_CHECKPOINT_CORRUPT',
    message: `expected a file with sha256 ${expected}, found ${found}`,
    where: path,
    hint: 'The file changed after it was recorded. Restore it from a copy, or start a new run.',
  });
}
