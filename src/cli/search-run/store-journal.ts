import type { JournalEntry, SearchJournal } from '../../search/ports.js';
import type { ArchitectureRow } from '../../search/search-rows.js';
import type { ArchitectureRecord } from '../../store/search-records.js';
import type { Store } from '../../store/store.js';

/**
 * The search's journal as rows of the store, one transaction an entry.
 * @param countParameters of an architecture, by its canonical form
 */
export function storeJournal(
  store: Pick<Store, 'appendEvent'>,
  runId: string,
  countParameters: (canonicalForm: string) => number,
): SearchJournal {
  const toRecord = (row: ArchitectureRow): ArchitectureRecord => ({
    ...row,
    parameterCount: countParameters(row.canonicalForm),
  });
  return {
    append: ({ event, state, rows }: JournalEntry): void => {
      const { architectures, ...others } = rows;
      store.appendEvent(runId, {
        event,
        state,
        ...others,
        ...(architectures === undefined ? {} : { architectures: architectures.map(toRecord) }),
      });
    },
  };
}
