import type { SearchEvent } from '../../search/event.js';
import type { RunRecord } from '../../store/run-record.js';
import type { StoredEvent, StoredState } from '../../store/search-records.js';
import type { Store } from '../../store/store.js';
import { isSearchState } from '../search-run/read-search-state.js';
import { readOrFind, RESTORE, type Finding } from './finding.js';
import { firstDifference } from './first-difference.js';
import { replayRun, type Replica } from './replay-run.js';
import { searchTables, type NamedRows, type SearchTable } from './search-tables.js';

/** How much of a search was decided anew, and what of it is not as stored. */
export interface DecisionCheck {
  readonly events: number;
  /** Rows that were read. */
  readonly rows: number;
  /** Why nothing was decided anew; empty when it was. */
  readonly skipped: string;
  readonly findings: readonly Finding[];
}

/** What a search has stored; without what can't be read. */
interface Stored {
  readonly events: readonly StoredEvent[] | undefined;
  readonly state: StoredState | undefined;
  readonly tables: readonly { readonly table: SearchTable; readonly rows: NamedRows }[];
}

/** Decides a search anew from its events, and compares the rows and the state with what is stored. */
export function verifyDecisions(store: Store, run: RunRecord): DecisionCheck {
  const findings: Finding[] = [];
  const stored = readSearch(store, run, findings);
  const rows = stored.tables.reduce((sum, table) => sum + table.rows.size, 0);
  const skipped = findings.length > 0 ? 'not all of it can be read' : reasonToSkip(stored);
  if (skipped !== '') return { events: 0, rows, skipped, findings };
  const replica = replayOrFind(store, run, stored, findings);
  if (replica !== undefined) findings.push(...compare(replica, stored, run));
  return { events: replica?.events ?? 0, rows, skipped, findings };
}

function readSearch(store: Store, { id }: RunRecord, findings: Finding[]): Stored {
  const read = <T>(what: string, of: () => T): T | undefined => readOrFind(of, { what, where: id }, findings);
  return {
    events: read('events', () => store.readEvents(id)),
    state: read('state', () => store.readState(id)),
    tables: searchTables.flatMap((table) => {
      const rows = read(table.name, () => table.read(store, id));
      return rows === undefined ? [] : [{ table, rows }];
    }),
  };
}

function reasonToSkip({ state }: Stored): string {
  if (state === undefined) return 'nothing was decided yet';
  return isSearchState(state.state) ? '' : 'its state has another layout than those of this version';
}

function replayOrFind(
  store: Store,
  run: RunRecord,
  { events = [], state }: Stored,
  findings: Finding[],
): Replica | undefined {
  const last = state?.sequence ?? 0;
  const isWhole = events.length === last && events.every(({ sequence }, index) => sequence === index + 1);
  if (!isWhole) {
    const message = `expected events 1 to ${last}, found ${events.length}, the last of them ${events.at(-1)?.sequence ?? 0}`;
    findings.push({ what: 'events', where: run.id, message, hint: RESTORE });
  }
  if (!isWhole || !isSearchState(state?.state)) return undefined;
  const search = {
    ...{ run, state: state.state, events: events.map(({ event }) => event as SearchEvent) },
    architectures: store.readArchitectures(run.id),
    checkpoints: store.readCheckpoints(run.id),
  };
  return readOrFind(() => replayRun(search), { what: 'configuration', where: run.id }, findings);
}

/** Of a search whose events don't follow from each other, no more is compared: all that came later differs. */
function compare(replica: Replica, { state, tables }: Stored, { id: where }: RunRecord): readonly Finding[] {
  if (replica.broken !== undefined) {
    const what = `event ${replica.events + 1}`;
    return [
      { what, where, message: `doesn't follow from those before it: ${replica.broken}`, hint: RESTORE },
    ];
  }
  const inState = differenceIn('state', where, replica.store.readState(replica.runId), state);
  const inRows = tables.flatMap(({ table, rows }) => {
    const expected = table.read(replica.store, replica.runId);
    const names = [...new Set([...expected.keys(), ...rows.keys()])];
    return names.flatMap((name) => differenceIn(name, where, expected.get(name), rows.get(name)));
  });
  return [...inState, ...inRows];
}

function differenceIn(what: string, where: string, expected: unknown, found: unknown): readonly Finding[] {
  const difference = firstDifference(asStored(expected), asStored(found));
  if (difference === undefined) return [];
  const { path, left, right } = difference;
  const message = `expected ${path} ${tell(left)} by its events, found ${tell(right)}`.replace('  ', ' ');
  return [{ what, where, message, hint: RESTORE }];
}

/** As JSON has it, to which -0 is 0. */
function asStored(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

const mostTold = 120;

function tell(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > mostTold ? `${text.slice(0, mostTold)}...` : text;
}
