import type { RunRecord } from '../../store/run-record.js';
import type { Store } from '../../store/store.js';
import { readOptimizationState } from './optimization-state.js';

/** The optimization that began a search; undefined of all other runs. */
export function begunBy(
  store: Pick<Store, 'listRuns' | 'readState'>,
  { id, kind }: RunRecord,
): RunRecord | undefined {
  if (kind !== 'search') return undefined;
  return store
    .listRuns({ kind: 'optimize' })
    .find((run) => readOptimizationState(store, run.id).search === id);
}
