import { randomInt } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { SqliteStore } from '../../store/sqlite-store.js';
import type { StoreDependencies } from '../../store/store-dependencies.js';
import type { Store } from '../../store/store.js';
import type { CliContext } from '../cli-context.js';

const SUFFIXES = 0x1_00_00;

/** The database of all runs of a results folder. */
export function databasePath(resultsFolder: string): string {
  return join(resultsFolder, 'snapevo.db');
}

/** Opens the store of a results folder, to write to it also makes it. Throws as `SqliteStore` does. */
function openStore(
  resultsFolder: string,
  process: Pick<StoreDependencies, 'nowMs' | 'command'>,
  access: 'read' | 'write',
): Store {
  const dependencies = { ...process, drawSuffix: () => randomInt(SUFFIXES) };
  return new SqliteStore(databasePath(resultsFolder), dependencies, access);
}

/**
 * Whether a results folder has a store.
 * @throws SnapEvoError `RESULTS_NO_FOLDER`
 */
export function hasStore(resultsFolder: string): boolean {
  requireFolder(resultsFolder);
  return existsSync(databasePath(resultsFolder));
}

/** What is read from the store of a results folder; `whenNone` where there is no store, and none is made. */
export function readStore<T>(
  resultsFolder: string,
  nowMs: () => number,
  read: (store: Store) => T,
  whenNone: () => T,
): T {
  if (!hasStore(resultsFolder)) return whenNone();
  const store = openStore(resultsFolder, { nowMs }, 'read');
  try {
    return read(store);
  } finally {
    store.close();
  }
}

/** Opens the store for as long as the work takes. */
export async function withStore<T>(
  resultsFolder: string,
  { nowMs, command }: Pick<CliContext, 'nowMs' | 'command'>,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  requireFolder(resultsFolder);
  const store = openStore(resultsFolder, { nowMs, command }, 'write');
  try {
    return await work(store);
  } finally {
    store.close();
  }
}

function requireFolder(where: string): void {
  if (!existsSync(where) || statSync(where).isDirectory()) return;
  throw new SnapEvoError({
    code: 'RESULTS_NO_FOLDER',
    message: 'expected a folder of runs, found a file',
    where,
    hint: 'Name the folder that snapevo.db lies in, or is to be made in, with --results.',
  });
}
