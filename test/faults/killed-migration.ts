import Database from 'better-sqlite3';
import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { SqliteStore } from '../../src/store/sqlite-store.js';
import { spawnCli } from '../cli/built-cli.js';
import { copyDatabase } from './tears.js';

const asset = join(import.meta.dirname, '..', 'store', 'assets', 'version-3.db');
const ASSET_VERSION = 3;
const ASSET_RUN = '20261123-0425-emoji-3f2a';

/** So that bringing the database forward takes a while. */
const LOSSES = 100_000;

/** The write-ahead log has a little more than that when all of it is committed. */
const LOG_BYTES = 7_800_000;

/**
 * Kills a program that brings a database of an earlier version forward, and opens it again.
 * @returns whether the kill hit while it was at that; and how many of the rows are there after all
 */
export async function killMigration(
  folder: string,
  random: RandomGenerator,
): Promise<{ readonly hit: boolean; readonly lost: number }> {
  mkdirSync(folder);
  const path = join(folder, 'snapevo.db');
  copyFileSync(asset, path);
  enlarge(path);
  const { process: child, finished } = spawnCli(['list', '--results', folder], folder);
  const ended = new AbortController();
  void finished.then(() => {
    ended.abort();
  });
  // opening the database makes the log, which then is empty
  const bytes = uniformInt(random, 1, LOG_BYTES);
  while (!ended.signal.aborted && logBytes(path) < bytes) await setTimeout(1);
  child.kill('SIGKILL');
  await finished;
  const hit = logBytes(path) > 0 && versionOf(path, join(folder, 'looked-at.db')) === ASSET_VERSION;
  const store = new SqliteStore(path, { nowMs: () => 0, drawSuffix: () => 0 });
  const losses = store.readLosses(ASSET_RUN, 'enlarged');
  const isWhole = store.check().length === 0 && store.readRun(ASSET_RUN).name === 'emoji';
  store.close();
  return { hit, lost: isWhole ? LOSSES - losses.length : LOSSES };
}

function logBytes(path: string): number {
  return statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}

/** @param copy where to look at it: opening a database after a kill changes its files */
function versionOf(path: string, copy: string): unknown {
  copyDatabase(path, copy);
  const database = new Database(copy);
  try {
    return database.pragma('user_version', { simple: true });
  } finally {
    database.close();
  }
}

/** With rows as version 3 has them, and a write-ahead log as the store has it, all of which is in the file in the end. */
function enlarge(path: string): void {
  const database = new Database(path);
  database.pragma('journal_mode = WAL');
  database
    .prepare(
      `WITH RECURSIVE steps (step) AS (SELECT 1 UNION ALL SELECT step + 1 FROM steps WHERE step < ${LOSSES})
       INSERT INTO training_losses (run_id, phase, step, loss, learning_rate, extras)
       SELECT ?, 'enlarged', step, 1.0 / step, 0.001, '{}' FROM steps`,
    )
    .run(ASSET_RUN);
  database.close();
}
