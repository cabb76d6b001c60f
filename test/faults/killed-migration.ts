import Database from 'better-sqlite3';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { SqliteStore } from '../../src/store/sqlite-store.js';
import { spawnCli } from '../cli/built-cli.js';

const asset = join(import.meta.dirname, '..', 'store', 'assets', 'version-3.db');
const ASSET_RUN = '20261123-0425-emoji-3f2a';

/** So that bringing the database forward takes a while. */
const LOSSES = 100_000;

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
  // the journal is there as long as the transaction is
  while (!ended.signal.aborted && !existsSync(`${path}-journal`)) await setTimeout(1);
  await setTimeout(uniformInt(random, 0, 250));
  child.kill('SIGKILL');
  await finished;
  const hit = existsSync(`${path}-journal`);
  const store = new SqliteStore(path, { nowMs: () => 0, drawSuffix: () => 0 });
  const losses = store.readLosses(ASSET_RUN, 'enlarged');
  const isWhole = store.check().length === 0 && store.readRun(ASSET_RUN).name === 'emoji';
  store.close();
  return { hit, lost: isWhole ? LOSSES - losses.length : LOSSES };
}

/** As version 3 has them. */
function enlarge(path: string): void {
  const database = new Database(path);
  database
    .prepare(
      `WITH RECURSIVE steps (step) AS (SELECT 1 UNION ALL SELECT step + 1 FROM steps WHERE step < ${LOSSES})
       INSERT INTO training_losses (run_id, phase, step, loss, learning_rate, extras)
       SELECT ?, 'enlarged', step, 1.0 / step, 0.001, '{}' FROM steps`,
    )
    .run(ASSET_RUN);
  database.close();
}
