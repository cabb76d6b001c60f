import { statSync } from 'node:fs';
import { join } from 'node:path';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { hashFile } from '../../files/hash-file.js';
import type { RunKind } from '../../store/run-record.js';
import type { CheckpointRecord } from '../../store/training-records.js';
import { readStep } from '../../training/training-state-file.js';
import { MODEL_FILE } from '../optimize-run/stage-folders.js';
import type { Finding } from './finding.js';

const HINT = 'Restore the file from a copy; a search without its checkpoints has to be started anew.';
const MODEL_HINT =
  'Restore the file from a copy; it is not made again, and what comes of it is not to be relied on.';

/**
 * Compares a run's checkpoints with the record of them: whether they are there, their sizes, and their bytes. What the system refuses to
 * read is a finding too.
 * @param folder of the run
 * @throws the signal's reason once it fires
 */
export async function verifyCheckpoints(
  records: readonly CheckpointRecord[],
  folder: string,
  kind: RunKind,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const record of records) {
    const path = join(folder, record.file);
    const message = await whatIsWrong(path, record, signal);
    const isNewer = kind !== 'search' && message !== undefined && isOfLaterStep(path, record);
    if (message === undefined || isNewer) continue;
    const isModels = record.kind === MODEL_FILE;
    findings.push({
      ...{ what: isModels ? 'file of a model' : 'checkpoint', where: path },
      ...{ message, hint: isModels ? MODEL_HINT : HINT },
    });
  }
  return findings;
}

async function whatIsWrong(
  path: string,
  record: CheckpointRecord,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return await whatDiffers(path, record, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!isRefused(error)) throw error;
    return `expected a file of ${record.sizeBytes} bytes, found that it can't be read: ${error.message}`;
  }
}

async function whatDiffers(
  path: string,
  { sizeBytes, sha256 }: CheckpointRecord,
  signal: AbortSignal,
): Promise<string | undefined> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() !== true) return `expected a file of ${sizeBytes} bytes, found none`;
  if (stats.size !== sizeBytes) return `expected ${sizeBytes} bytes, found ${stats.size}`;
  const found = await hashFile(path, signal);
  return found === sha256 ? undefined : `expected a file whose SHA-256 is ${sha256}, found ${found}`;
}

/** A training of stages puts a newer state in the place of the one before; it may be killed before that is on record, and goes on from the file. */
function isOfLaterStep(path: string, { step }: CheckpointRecord): boolean {
  try {
    return readStep(path) > step;
  } catch (error) {
    if (error instanceof SnapEvoError || isRefused(error)) return false;
    throw error;
  }
}

/** Whether the system would not let the file be looked up, opened or read. */
function isRefused(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}
