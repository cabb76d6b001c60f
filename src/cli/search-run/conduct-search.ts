import type { Architecture } from '../../architecture/architecture.js';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import type { SearchJournal, SearchPorts } from '../../search/ports.js';
import { runSearch, type SearchOutcome } from '../../search/run-search.js';
import type { SearchOptions } from '../../search/search-options.js';
import { initialState, type SearchState } from '../../search/state.js';
import type { Store } from '../../store/store.js';
import type { CliContext } from '../cli-context.js';
import type { SearchDisplay } from './search-display.js';
import { tellRows } from './search-narrator.js';
import { storeJournal } from './store-journal.js';

/** A search with everything it works with. */
export interface SearchParts {
  readonly options: SearchOptions;
  readonly original: Architecture;
  /** Reference of the pretrained weights. */
  readonly weights: string;
  readonly ports: Omit<SearchPorts, 'journal'>;
  /** Parameters of an architecture, by its canonical form. */
  readonly countParameters: (canonicalForm: string) => number;
}

/**
 * Runs a search from where its store has it, or from the start, telling what happens.
 * @throws as `runSearch` does
 */
export async function conductSearch(
  parts: SearchParts,
  { store, runId }: { readonly store: Store; readonly runId: string },
  display: SearchDisplay,
  { terminal, signal }: Pick<CliContext, 'terminal' | 'signal'>,
  asJson: boolean,
): Promise<SearchOutcome> {
  const stored = storeJournal(store, runId, parts.countParameters);
  const journal: SearchJournal = {
    append: (entry) => {
      stored.append(entry);
      if (entry.event.type !== 'failed') display.onUnitDone();
      tellRows(entry.rows, terminal, asJson);
    },
  };
  const start = storedState(store, runId) ?? initialState(parts.options, parts.original, parts.weights);
  try {
    return await runSearch({ ...parts.ports, journal }, start, {
      signal,
      onProgress: (unit) => {
        display.onUnit(unit);
      },
    });
  } finally {
    display.stop();
  }
}

/** What was stored is what was written: only the mark of the layout needs a look, which `runSearch` takes further. */
function storedState(store: Store, runId: string): SearchState | undefined {
  const state = store.readState(runId)?.state;
  if (state === undefined) return undefined;
  if (typeof state === 'object' && state !== null && 'version' in state) return state as SearchState;
  throw new SnapEvoError({
    code: 'RUN_STATE_UNREADABLE',
    message: 'expected the state of a search, found something else',
    where: runId,
    hint: 'Resume it with the SnapEvo that started it.',
  });
}
