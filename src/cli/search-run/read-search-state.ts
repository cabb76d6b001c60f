import { SnapEvoError } from '../../errors/snapevo-error.js';
import { STATE_VERSION } from '../../search/state.js';
import type { SearchState } from '../../search/state.js';
import type { RunRecord } from '../../store/run-record.js';
import type { Store } from '../../store/store.js';
import type { WorldChange } from '../compose/world-changes.js';

/**
 * Where a search stands; undefined before its first event. What was stored is what was written: only the mark of the
 * layout is looked at.
 * @throws SnapEvoError `RUN_STATE_UNREADABLE`
 */
export function readSearchState(store: Pick<Store, 'readState'>, runId: string): SearchState | undefined {
  const state = store.readState(runId)?.state;
  if (state === undefined || isSearchState(state)) return state;
  throw new SnapEvoError({
    code: 'RUN_STATE_UNREADABLE',
    message: `expected the state of a search in layout ${STATE_VERSION}, found another`,
    where: runId,
    hint: 'Use the SnapEvo that started the run.',
  });
}

/** As {@link readSearchState}, for those who can do without; undefined too of a run that is no search or has another layout. */
export function findSearchState(store: Pick<Store, 'readState'>, runId: string): SearchState | undefined {
  const state = store.readState(runId)?.state;
  return isSearchState(state) ? state : undefined;
}

/** That a search's state has another layout than this version's: no `--force` makes it readable. */
export function layoutChanges(store: Pick<Store, 'readState'>, run: RunRecord): readonly WorldChange[] {
  const state = run.kind === 'search' ? store.readState(run.id)?.state : undefined;
  if (state === undefined || isSearchState(state)) return [];
  const { version } = state as { readonly version?: unknown };
  return [{ name: 'state layout', before: String(version), now: String(STATE_VERSION), isForcible: false }];
}

export function isSearchState(state: unknown): state is SearchState {
  return typeof state === 'object' && state !== null && 'version' in state && state.version === STATE_VERSION;
}
