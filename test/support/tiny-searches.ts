import Database from 'better-sqlite3';
import { join } from 'node:path';
import { SqliteStore } from '../../src/store/sqlite-store.js';
import type { LatencyTableKey } from '../../src/store/measurement-records.js';
import type { Store } from '../../src/store/store.js';

/** Reads the store of a results folder, or changes it. */
export function withStoreIn<T>(results: string, work: (store: Store) => T): T {
  const store = new SqliteStore(join(results, 'snapevo.db'), { nowMs: Date.now, drawSuffix: () => 0 });
  try {
    return work(store);
  } finally {
    store.close();
  }
}

/** Ids of the searches in a results folder, newest first. */
export function searchesIn(results: string): readonly string[] {
  return withStoreIn(results, (store) => store.listRuns({ kind: 'search' }).map(({ id }) => id));
}

/** What a run decided, and on what; but for the final latency, which every run measures anew. */
export function decisionsOf(results: string, runId = ''): unknown {
  return withStoreIn(results, (store) => ({
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
 * A results folder that knows the latencies of another, and nothing else of it: no score is found there that should be
 * made. All of them are to be relied on, so that nothing is measured again.
 */
export function copyLatencies(from: string, to: string): void {
  for (const key of latencyTablesIn(from)) {
    const entries = withStoreIn(from, (store) => store.readLatencyTable(key));
    withStoreIn(to, (store) => {
      for (const entry of entries) store.putLatencyEntry(key, { ...entry, flags: [] });
    });
  }
}

function latencyTablesIn(results: string): readonly LatencyTableKey[] {
  const database = new Database(join(results, 'snapevo.db'), { readonly: true });
  try {
    return database
      .prepare<[], LatencyTableKey>(
        `SELECT protocol, device_fingerprint AS deviceFingerprint, dtype, batch_size AS batchSize,
         latent_height AS latentHeight, latent_width AS latentWidth, context_length AS contextLength FROM latency_tables`,
      )
      .all();
  } finally {
    database.close();
  }
}
