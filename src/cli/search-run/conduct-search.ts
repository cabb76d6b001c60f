import type { Architecture } from '../../architecture/architecture.js';
import type { SearchJournal, SearchPorts } from '../../search/ports.js';
import { runSearch, type SearchOutcome } from '../../search/run-search.js';
import type { SearchOptions } from '../../search/search-options.js';
import { initialState } from '../../search/state.js';
import type { Store } from '../../store/store.js';
import type { SearchDisplay } from './search-display.js';
import { neededWeights } from './needed-weights.js';
import type { SearchNarrator } from './search-narrator.js';
import { readSearchState } from './read-search-state.js';
import { storeJournal, type JournalParts } from './store-journal.js';

/** A search with everything it works with. */
export interface SearchParts extends JournalParts {
  readonly options: SearchOptions;
  readonly original: Architecture;
  /** Stores the pretrained weights where the trainer and the scorer find them, and gives their reference. */
  readonly savePretrained: () => string;
  readonly ports: Omit<SearchPorts, 'journal'>;
  /** Told after each event which weights are still needed. */
  readonly releaseWeights: (needed: ReadonlySet<string>) => void;
}

/** Who tells of a search: how far it is, and what it finds. */
export interface SearchTelling {
  readonly display: SearchDisplay;
  readonly narrator: SearchNarrator;
}

/**
 * Runs a search from where its store has it, or from the start, telling what happens.
 * @throws as `runSearch` does
 */
export async function conductSearch(
  parts: SearchParts,
  { store, runId }: { readonly store: Store; readonly runId: string },
  { display, narrator }: SearchTelling,
  signal: AbortSignal,
): Promise<SearchOutcome> {
  const stored = storeJournal(store, runId, parts);
  const journal: SearchJournal = {
    append: (entry) => {
      stored.append(entry);
      if (entry.event.type !== 'failed') display.onUnitDone();
      parts.releaseWeights(neededWeights(entry.state));
      narrator.tellRows(entry.rows);
    },
  };
  const { options, original, savePretrained } = parts;
  const start = readSearchState(store, runId) ?? initialState(options, original, savePretrained());
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
