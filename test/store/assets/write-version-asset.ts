import Database from 'better-sqlite3';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SqliteStore } from '../../../src/store/sqlite-store.js';
import * as fixtures from '../store-fixtures.js';

/**
 * Writes what a run of today's code leaves on a user's disk. With every new version of the schema, once:
 * `npx tsx -e "import('./test/store/assets/write-version-asset.ts').then((m) => m.writeVersionAsset('test/store/assets/version-3.db'))"`.
 * @returns the id of its run
 */
export function writeVersionAsset(path: string): string {
  const store = new SqliteStore(path, fixtures.fixedDependencies());
  const { id } = store.createRun(fixtures.newRun);
  store.lockRun(id);
  store.appendEvent(id, {
    event: { type: 'acted' },
    state: { step: 1 },
    rounds: [fixtures.round],
    candidates: [fixtures.candidate],
    architectures: [fixtures.architecture],
    actions: [fixtures.action],
    checkpoints: [fixtures.checkpoint],
  });
  store.appendLosses(id, [fixtures.loss]);
  store.putMetrics(id, { 'vae.psnrDb': 29.5 });
  store.putImageScores(fixtures.scoreKey, [fixtures.imageScore]);
  store.putLatencyEntry(fixtures.tableKey, fixtures.latencyEntry);
  store.putRunLatency(id, fixtures.latencyEntry);
  store.endRun(id, 'finished', 'budget met');
  store.close();
  rmSync(join(dirname(path), id), { recursive: true });
  makeSmall(path);
  return id;
}

/** One file without a log beside it, in small pages. */
function makeSmall(path: string): void {
  const database = new Database(path);
  database.exec('PRAGMA journal_mode = DELETE; PRAGMA page_size = 512; VACUUM;');
  database.close();
}
