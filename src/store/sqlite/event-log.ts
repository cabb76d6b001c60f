import type { Database, Statement } from 'better-sqlite3';
import type { StoredEvent, StoredState } from '../search-records.js';
import { damaged, RowSeal } from './row-checksum.js';

interface EventRow {
  readonly sequence: number;
  readonly at_ms: number;
  readonly event: string;
  readonly checksum: number;
}

interface StateRow {
  readonly sequence: number;
  readonly state: string;
  readonly checksum: number;
}

/** The append-only log of each run's events, and the state after the last one. */
export class EventLog {
  readonly #last: Statement<[string], number>;
  readonly #database: Database;
  readonly #eventSeal: RowSeal;
  readonly #stateSeal: RowSeal;
  readonly #insert: Statement<[string, number, number, string, number]>;
  readonly #setState: Statement<[string, number, string, number]>;
  readonly #selectState: Statement<[string], StateRow>;
  readonly #selectEvents: Statement<[string, number], EventRow>;

  constructor(database: Database) {
    this.#database = database;
    this.#eventSeal = new RowSeal(database, 'events', ['run_id', 'sequence', 'at_ms', 'event']);
    this.#stateSeal = new RowSeal(database, 'states', ['run_id', 'sequence', 'state']);
    this.#last = database
      .prepare<[string], number>('SELECT coalesce(max(sequence), 0) FROM events WHERE run_id = ?')
      .pluck();
    this.#insert = database.prepare(
      'INSERT INTO events (run_id, sequence, at_ms, event, checksum) VALUES (?, ?, ?, ?, ?)',
    );
    this.#setState =
      database.prepare(`INSERT INTO states (run_id, sequence, state, checksum) VALUES (?, ?, ?, ?)
      ON CONFLICT (run_id) DO UPDATE SET sequence = excluded.sequence, state = excluded.state, checksum = excluded.checksum`);
    this.#selectState = database.prepare('SELECT sequence, state, checksum FROM states WHERE run_id = ?');
    this.#selectEvents = database.prepare(
      'SELECT sequence, at_ms, event, checksum FROM events WHERE run_id = ? AND sequence > ? ORDER BY sequence',
    );
  }

  /** Both at the same moment: a writer may commit at any other. */
  #lookAtState(runId: string): { readonly row: StateRow | undefined; readonly last: number } {
    const look = this.#database.transaction(() => ({
      row: this.#selectState.get(runId),
      last: this.#last.get(runId) ?? 0,
    }));
    return look();
  }

  /** To be called within a transaction. @returns the event's sequence */
  append(runId: string, atMs: number, eventText: string, stateText: string): number {
    const sequence = (this.#last.get(runId) ?? 0) + 1;
    const event = [runId, sequence, atMs, eventText] as const;
    const state = [runId, sequence, stateText] as const;
    this.#insert.run(...event, this.#eventSeal.of(event));
    this.#setState.run(...state, this.#stateSeal.of(state));
    return sequence;
  }

  /** @throws SnapEvoError `STORE_DAMAGED`, too where the last event is not the one that led to the state */
  readState(runId: string): StoredState | undefined {
    const { row, last } = this.#lookAtState(runId);
    if ((row?.sequence ?? 0) !== last) throw damaged(this.#database, `the state of ${runId}`);
    if (row === undefined) return undefined;
    this.#stateSeal.check([runId, row.sequence, row.state], row.checksum);
    return { sequence: row.sequence, state: JSON.parse(row.state) as unknown };
  }

  /** @throws SnapEvoError `STORE_DAMAGED`, too where one is missing */
  readEvents(runId: string, afterSequence: number): readonly StoredEvent[] {
    const rows = this.#selectEvents.all(runId, afterSequence);
    return rows.map(({ sequence, at_ms: atMs, event, checksum }, index) => {
      this.#eventSeal.check([runId, sequence, atMs, event], checksum);
      if (sequence !== afterSequence + index + 1) throw damaged(this.#database, `every event of ${runId}`);
      return { sequence, atMs, event: JSON.parse(event) as unknown };
    });
  }
}
