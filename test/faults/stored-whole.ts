import { isDeepStrictEqual } from 'node:util';
import { SnapEvoError } from '../../src/errors/snapevo-error.js';
import { SqliteStore } from '../../src/store/sqlite-store.js';
import { scoreKey, tableKey } from '../store/store-fixtures.js';

/** Whether the store itself finds that its rows lie wrong, as it does before a run is worked on. */
function isFoundOut(path: string): boolean {
  const store = new SqliteStore(path, { nowMs: () => 0, drawSuffix: () => 0 });
  try {
    return store.check().length > 0;
  } catch (error) {
    return error instanceof SnapEvoError && error.where === path;
  } finally {
    store.close();
  }
}

/** All that a store has. Throws as the store does. */
export function readWhole(path: string): unknown {
  const store = new SqliteStore(path, { nowMs: () => 0, drawSuffix: () => 0 });
  try {
    return {
      scores: store.readImageScores(scoreKey),
      latencies: store.readLatencyTable(tableKey),
      runs: store.listRuns().map((run) => ({
        // whether somebody works on it is not in the files
        run: { ...run, status: run.status.replace('running', 'interrupted') },
        state: store.readState(run.id),
        events: store.readEvents(run.id),
        rounds: store.readRounds(run.id),
        candidates: store.readCandidates(run.id),
        architectures: store.readArchitectures(run.id),
        actions: store.readActions(run.id),
        checkpoints: store.readCheckpoints(run.id),
        losses: store.readLosses(run.id),
        metrics: store.readMetrics(run.id),
        latencies: store.readRunLatencies(run.id),
      })),
    };
  } finally {
    store.close();
  }
}

/** What became of a damaged store. No run is gone on with in one that is `known to be damaged`: `lockRun` refuses. */
export type TearOutcome = 'same' | 'older' | 'refused' | 'known to be damaged' | 'unclear error' | 'wrong';

/**
 * Reads a store whose files were damaged.
 * @param history what it had after each commit, the last one last
 * @returns `older` where the last commits are gone, as if they had not been made; `refused` by an error that names the file and what to do
 */
export function outcomeOf(path: string, history: readonly unknown[]): TearOutcome {
  let found: unknown;
  try {
    found = readWhole(path);
  } catch (error) {
    const isClear = error instanceof SnapEvoError && error.where === path && error.hint !== undefined;
    return isClear ? 'refused' : 'unclear error';
  }
  if (isDeepStrictEqual(found, history.at(-1))) return 'same';
  if (history.some((earlier) => isDeepStrictEqual(found, earlier))) return 'older';
  return isFoundOut(path) ? 'known to be damaged' : 'wrong';
}
