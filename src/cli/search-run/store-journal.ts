import type { JournalEntry, SearchJournal } from '../../search/ports.js';
import type { ArchitectureRow } from '../../search/search-rows.js';
import type { SearchState } from '../../search/state.js';
import type { ArchitectureRecord } from '../../store/search-records.js';
import type { Store } from '../../store/store.js';
import type { CheckpointRecord } from '../../store/training-records.js';
import { neededWeights } from './needed-weights.js';

/** What rows tell that the search doesn't know. */
export interface JournalParts {
  /** Parameters of an architecture, by its canonical form. */
  readonly countParameters: (canonicalForm: string) => number;
  /** What is known of the file of weights that are there, after so many steps. */
  readonly describeWeights: (reference: string, step: number) => CheckpointRecord;
}

/** The search's journal as rows of the store, one transaction an entry. */
export function storeJournal(
  store: Pick<Store, 'appendEvent' | 'readCheckpoints'>,
  runId: string,
  { countParameters, describeWeights }: JournalParts,
): SearchJournal {
  const toRecord = (row: ArchitectureRow): ArchitectureRecord => ({
    ...row,
    parameterCount: countParameters(row.canonicalForm),
  });
  const checkpointsOf = (state: SearchState): readonly CheckpointRecord[] => {
    const known = new Map(store.readCheckpoints(runId).map((row) => [row.sha256, row]));
    return Array.from(
      neededWeights(state),
      (reference) => known.get(reference) ?? describeWeights(reference, state.trainedSteps),
    );
  };
  return {
    append: ({ event, state, rows }: JournalEntry): void => {
      const { architectures, ...others } = rows;
      store.appendEvent(runId, {
        event,
        state,
        ...others,
        ...(architectures === undefined ? {} : { architectures: architectures.map(toRecord) }),
        checkpoints: checkpointsOf(state),
      });
    },
  };
}
