import { lstatSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runDirectory } from '../../store/run-directory.js';
import type { RunRecord } from '../../store/run-record.js';
import type { Store } from '../../store/store.js';
import { findSearchState } from '../search-run/read-search-state.js';
import { neededWeights } from '../search-run/needed-weights.js';
import { isUnfinished } from '../optimize-run/stage-folders.js';
import { databasePath } from './open-store.js';
import { weightCache } from './weight-cache.js';

/** A file that nothing needs any longer, or a folder that was never finished. */
export interface GarbageFile {
  readonly path: string;
  /** Of a folder, with all in it. */
  readonly sizeBytes: number;
}

/** `TrainingCheckpoints` and `replaceFile` name theirs so until they are whole. */
const UNFINISHED = /^unnamed\.safetensors$|\.(?<writer>\d+)-\d+\.tmp$/;
const TRAINING_STATE = /^[0-9a-f]{64}\.safetensors$/;

/**
 * Files of a run that its stored state doesn't lead to, and files and folders that were never finished; to be relied on only while the run's lock is held. Nothing else of
 * its folder is touched: a pretraining's files are all it goes on from, and so are those of a search whose state can't be read.
 */
export function runGarbage(
  store: Pick<Store, 'readState' | 'readCheckpoints'>,
  { id, kind }: RunRecord,
  resultsFolder: string,
): readonly GarbageFile[] {
  const folder = runDirectory(databasePath(resultsFolder), id);
  const needed = kind === 'search' ? neededFiles(store, id) : undefined;
  const isGarbage = (name: string): boolean =>
    UNFINISHED.test(name) || (needed?.has(name) === false && TRAINING_STATE.test(name));
  return [
    ...['.', ...writtenInto].flatMap((name) =>
      filesIn(join(folder, name)).filter(({ path }) => UNFINISHED.test(basename(path))),
    ),
    ...filesIn(join(folder, 'checkpoints')).filter(({ path }) => isGarbage(basename(path))),
    ...(kind === 'optimize' ? unfinishedFolders(folder) : []),
  ];
}

/** Folders of an optimization that files are written into one by one. */
const writtenInto = ['vae', 'comparison'];

/** Links are none: what they lead to is another's. */
function unfinishedFolders(folder: string): readonly GarbageFile[] {
  const entries = isFolder(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  return entries
    .filter((entry) => entry.isDirectory() && isUnfinished(entry.name))
    .map(({ name }) => {
      const path = join(folder, name);
      const below = readdirSync(path, { recursive: true, encoding: 'utf8' });
      const sizes = below.map((each) => lstatSync(join(path, each))).filter((stats) => stats.isFile());
      return { path, sizeBytes: sizes.reduce((sum, { size }) => sum + size, 0) };
    });
}

/** Undefined where the state is of another layout. */
function neededFiles(
  store: Pick<Store, 'readState' | 'readCheckpoints'>,
  runId: string,
): ReadonlySet<string> | undefined {
  const state = findSearchState(store, runId);
  if (state === undefined && store.readState(runId) !== undefined) return undefined;
  const references = state === undefined ? [] : [...neededWeights(state)];
  const recorded = store.readCheckpoints(runId).map(({ file }) => basename(file));
  return new Set([...recorded, ...references.map((reference) => `${reference}.safetensors`)]);
}

const HOUR_MS = 3_600_000;

/** Copies of weights that were never finished, by processes that are gone. One on another machine would have written within the hour. */
export function cacheGarbage(resultsFolder: string, nowMs: number): readonly GarbageFile[] {
  return filesIn(weightCache(resultsFolder)).filter(({ path }) => {
    const writer = UNFINISHED.exec(basename(path))?.groups?.['writer'];
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: nowMs };
    return writer !== undefined && nowMs - mtimeMs > HOUR_MS && !isAlive(Number(writer));
  });
}

/** Signal 0 asks without a signal; one that may not be sent has somebody to go to. */
function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function filesIn(folder: string): readonly GarbageFile[] {
  const names = isFolder(folder) ? readdirSync(folder) : [];
  return names.flatMap((name) => {
    const path = join(folder, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats?.isFile() === true ? [{ path, sizeBytes: stats.size }] : [];
  });
}
