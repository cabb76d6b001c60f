import type { Store } from '../../store/store.js';
import { shortHash } from '../views/figures.js';

/** Rows of a run by what a person calls them. */
export type NamedRows = ReadonlyMap<string, unknown>;

/** A table of rows that come of a search's events. */
export interface SearchTable {
  readonly name: string;
  readonly read: (store: Store, runId: string) => NamedRows;
}

function table<Row>(
  name: string,
  read: (store: Store, runId: string) => readonly Row[],
  nameOf: (row: Row) => string,
): SearchTable {
  return {
    name,
    read: (store, runId) => new Map(read(store, runId).map((row) => [nameOf(row), row] as const)),
  };
}

/** All that `storeJournal` stores with an event, but for the state. */
export const searchTables: readonly SearchTable[] = [
  table(
    'rounds',
    (store, id) => store.readRounds(id),
    ({ round }) => `round ${round}`,
  ),
  table(
    'candidates',
    (store, id) => store.readCandidates(id),
    ({ round, actionKind, block }) => `candidate ${actionKind} ${block} of round ${round}`,
  ),
  table(
    'architectures',
    (store, id) => store.readArchitectures(id),
    ({ round, role, hash }) => `${role} architecture ${shortHash(hash)} of round ${round}`,
  ),
  table(
    'actions',
    (store, id) => store.readActions(id),
    ({ index }) => `action ${index}`,
  ),
  table(
    'checkpoints',
    (store, id) => store.readCheckpoints(id),
    ({ file }) => `record of ${file}`,
  ),
];
