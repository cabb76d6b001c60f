/**
 * Made `version-1.db`, with the code of the time: `npx tsx test/store/assets/make-version-1.ts`. Once the schema has moved on it cannot
 * make it again, and need not: the file is what the first version left on people's disks.
 */
import Database from 'better-sqlite3';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { SqliteStore } from '../../../src/store/sqlite-store.js';
import * as fixtures from '../store-fixtures.js';

const path = join(import.meta.dirname, 'version-1.db');
rmSync(path, { force: true });
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
store.endRun(id, 'finished', 'budget met');
store.close();
rmSync(join(import.meta.dirname, id), { recursive: true });

const database = new Database(path);
database.exec('PRAGMA journal_mode = DELETE; PRAGMA page_size = 512; VACUUM;');
database.close();
