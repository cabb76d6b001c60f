import Database from 'better-sqlite3';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readSearchState } from '../../src/cli/search-run/read-search-state.js';
import { checksumUpdate } from '../../src/store/sqlite/row-checksum.js';
import { SqliteStore } from '../../src/store/sqlite-store.js';
import type { Store } from '../../src/store/store.js';
import { runBuiltCli, writeTinyProject } from './built-cli.js';

/** A folder with a tiny pretrained pipeline, and what its results folders, each named below it, have in store. */
export class TinyProject {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Writes the project, and pretrains its models into the results folder `results`. */
  static async make(folder: string): Promise<TinyProject> {
    await writeTinyProject(folder);
    const { status, notes } = await runBuiltCli(['pretrain', 'pretrain.yaml'], folder);
    if (status !== 0) throw new Error(`the pretraining ended with ${status ?? 'a signal'}: ${notes}`);
    return new TinyProject(folder);
  }

  database(results: string): string {
    return join(this.folder, results, 'snapevo.db');
  }

  withStore<T>(results: string, read: (store: Store) => T): T {
    const store = new SqliteStore(this.database(results), { nowMs: Date.now, drawSuffix: () => 0 });
    try {
      return read(store);
    } finally {
      store.close();
    }
  }

  /** Ids of the searches in a results folder, newest first. */
  searchesIn(results: string): readonly string[] {
    return this.withStore(results, (store) => store.listRuns({ kind: 'search' }).map(({ id }) => id));
  }

  statusOf(results: string, runId: string): string {
    return this.withStore(results, (store) => store.readRun(runId).status);
  }

  /** What the newest search does now, by the state that it stored last. */
  phaseIn(results: string): string {
    if (!existsSync(this.database(results))) return 'not begun';
    return this.withStore(results, (store) => {
      const [newest] = store.listRuns({ kind: 'search' });
      return (newest && readSearchState(store, newest.id)?.phase) ?? 'not begun';
    });
  }

  /** What a run decided, and on what; but for the final latency, which every run measures anew. */
  decisionsOf(results: string, runId: string): unknown {
    return this.withStore(results, (store) => ({
      actions: store.readActions(runId),
      rounds: store.readRounds(runId),
      candidates: store.readCandidates(runId),
      architectures: store
        .readArchitectures(runId)
        .map((each) => (each.role === 'final' ? { ...each, measuredLatencyMs: null } : each)),
      losses: store.readLosses(runId),
    }));
  }

  /**
   * Makes a results folder that knows the latencies of another, and nothing else of it: no score is found there that
   * should be made. All of them are to be relied on, so that nothing is measured again.
   */
  copyLatencies(from: string, to: string): void {
    mkdirSync(join(this.folder, to));
    const source = new Database(this.database(from));
    source.prepare('VACUUM INTO ?').run(this.database(to));
    source.close();
    const copy = new Database(this.database(to));
    copy.pragma('foreign_keys = OFF');
    for (const table of namesIn(copy, "SELECT name FROM sqlite_master WHERE type = 'table'")) {
      if (!table.startsWith('latency_')) copy.exec(`DELETE FROM ${table}`);
    }
    copy.exec("UPDATE latency_entries SET flags = '[]'");
    const columns = namesIn(copy, "SELECT name FROM pragma_table_info('latency_entries')");
    copy.exec(
      checksumUpdate(
        copy,
        'latency_entries',
        columns.filter((column) => column !== 'checksum'),
      ),
    );
    copy.close();
  }
}

function namesIn(database: Database.Database, sql: string): readonly string[] {
  return database.prepare<[], string>(sql).pluck().all();
}
