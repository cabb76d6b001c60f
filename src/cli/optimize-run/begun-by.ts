import { SnapEvoError } from '../../errors/snapevo-error.js';
import type { RunRecord } from '../../store/run-record.js';
import type { Store } from '../../store/store.js';
import { findOptimizationState, type OptimizationState } from './optimization-state.js';

type Readable = Pick<Store, 'listRuns' | 'readState'>;

/** The optimization that began a search; undefined of all other runs. */
export function begunBy(store: Readable, { id, kind }: RunRecord): RunRecord | undefined {
  return kind === 'search' ? optimizationsBySearch(store).get(id) : undefined;
}

/** Optimizations by the searches that they began. Those that can't be read are left out: they say nothing of others. */
export function optimizationsBySearch(store: Readable): ReadonlyMap<string, RunRecord> {
  const optimizations = store.listRuns({ kind: 'optimize' }, () => undefined);
  const pairs = optimizations.flatMap((run) => {
    const search = stateOf(store, run)?.search ?? null;
    return search === null ? [] : [[search, run] as const];
  });
  return new Map(pairs);
}

function stateOf(store: Readable, { id }: RunRecord): OptimizationState | undefined {
  try {
    return findOptimizationState(store, id);
  } catch (error) {
    if (error instanceof SnapEvoError && error.code === 'STORE_DAMAGED') return undefined;
    throw error;
  }
}
