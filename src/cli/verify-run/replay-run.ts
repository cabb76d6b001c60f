import { searchConfigSchema } from '../../config/search-config.js';
import type { SearchEvent } from '../../search/event.js';
import { replay } from '../../search/replay.js';
import { initialState, type SearchState } from '../../search/state.js';
import { MemoryStore } from '../../store/memory-store.js';
import type { RunRecord } from '../../store/run-record.js';
import type { ArchitectureRecord } from '../../store/search-records.js';
import type { Store } from '../../store/store.js';
import type { CheckpointRecord } from '../../store/training-records.js';
import { searchOptions } from '../compose/search-options.js';
import { storedConfig } from '../compose/stored-config.js';
import { trainingStateRecord } from '../compose/trained-weights.js';
import { storeJournal, type JournalParts } from '../search-run/store-journal.js';

/** A search as it is stored. */
export interface StoredSearch {
  readonly run: RunRecord;
  readonly state: SearchState;
  readonly events: readonly SearchEvent[];
  readonly architectures: readonly ArchitectureRecord[];
  readonly checkpoints: readonly CheckpointRecord[];
}

/** A store that holds what the events of a search lead to. */
export interface Replica {
  readonly store: Store;
  readonly runId: string;
  /** How many events it holds. */
  readonly events: number;
  /** Why the next event doesn't follow from those before it; undefined where all of them do. */
  readonly broken: string | undefined;
}

/**
 * Decides a search anew from its config and its events, through the same journal into a store of its own.
 * @throws SnapEvoError `RUN_CONFIG_UNREADABLE`, `SEARCH_OPTION_INVALID`
 */
export function replayRun(search: StoredSearch): Replica {
  const start = beginning(search);
  const store = new MemoryStore({ nowMs: () => 0, drawSuffix: () => 0 });
  const { id: runId } = store.createRun(search.run);
  store.lockRun(runId);
  const journal = storeJournal(store, runId, whatOthersKnow(search));
  let events = 0;
  try {
    for (const entry of replay(start, search.events)) {
      journal.append(entry);
      events += 1;
    }
  } catch (error) {
    // Of an event that was changed, anything may be missing or not be what it was.
    return { store, runId, events, broken: error instanceof Error ? error.message : String(error) };
  }
  return { store, runId, events, broken: undefined };
}

/** The pretrained weights are those that were scored first; until something was scored, they are the newest. */
function beginning({ run, state, events }: StoredSearch): SearchState {
  const options = searchOptions(storedConfig(searchConfigSchema, run));
  const scored = events.find((event) => event.type === 'scored');
  return initialState(options, state.original, scored?.weights ?? state.weights);
}

/** Parameters and sizes of files are in no event: they are taken as they are stored. */
function whatOthersKnow({ architectures, checkpoints }: StoredSearch): JournalParts {
  const parameters = new Map(architectures.map((row) => [row.canonicalForm, row.parameterCount]));
  const sizes = new Map(checkpoints.map(({ sha256, sizeBytes }) => [sha256, sizeBytes]));
  return {
    countParameters: (canonicalForm) => parameters.get(canonicalForm) ?? 0,
    describeWeights: (reference, step) => trainingStateRecord(reference, sizes.get(reference) ?? 0, step),
  };
}
