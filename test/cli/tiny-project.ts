import Database from 'better-sqlite3';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readSearchState } from '../../src/cli/search-run/read-search-state.js';
import { checksumUpdate } from '../../src/store/sqlite/row-checksum.js';
import { SqliteStore } from '../../src/store/sqlite-store.js';
import type { RunRecord } from '../../src/store/run-record.js';
import type { Store } from '../../src/store/store.js';
import { runBuiltCli, writeTinyProject, type Finished, type SpawnSettings } from './built-cli.js';

/** A folder with a tiny pretrained pipeline, and what its results folders, each named below it, have in store. */
export class TinyProject {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Writes the project, and pretrains its models into the results folder `results`. */
  static async make(folder: string): Promise<TinyProject> {
    const project = new TinyProject(folder);
    await project.write();
    return project;
  }

  /** Writes what {@link make} does. */
  async write(): Promise<void> {
    await writeTinyProject(this.folder);
    const { status, notes } = await this.run(['pretrain', 'pretrain.yaml']);
    if (status !== 0) throw new Error(`the pretraining ended with ${status ?? 'a signal'}: ${notes}`);
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  run(args: readonly string[], settings?: SpawnSettings): Promise<Finished> {
    return runBuiltCli(args, this.folder, settings);
  }

  database(results: string): string {
    return this.path(results, 'snapevo.db');
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

  /** The one search of a results folder. */
  searchIn(results: string): RunRecord {
    const [id, ...others] = this.searchesIn(results);
    if (id === undefined || others.length > 0) throw new Error(`expected one search in ${results}`);
    return this.withStore(results, (store) => store.readRun(id));
  }

  /** Codes of the failures that the one search has stored, in order. */
  failuresIn(results: string): readonly string[] {
    const { id } = this.searchIn(results);
    const events = this.withStore(results, (store) => store.readEvents(id));
    return events.flatMap(({ event }) => {
      const { type, code = '' } = event as { readonly type: string; readonly code?: string };
      return type === 'failed' ? [code] : [];
    });
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

  /** The same of the one search. */
  decisionsIn(results: string): unknown {
    return this.decisionsOf(results, this.searchIn(results).id);
  }

  /**
   * Makes a results folder that knows the latencies of another, and nothing else of it: no score is found there that
   * should be made. All of them are to be relied on, so that nothing is measured again.
   */
  copyLatencies(from: string, to: string): void {
    mkdirSync(this.path(to));
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
