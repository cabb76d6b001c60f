import type { Database, Statement } from 'better-sqlite3';
import type { StoredEvent, StoredState } from '../search-records.js';

interface EventRow {
  readonly sequence: number;
  readonly at_ms: number;
  readonly event: string;
}

interface StateRow {
  readonly sequence: number;
  readonly state: string;
}

/** The append-only log of each run's events, and the state after the last one. */
export class EventLog {
  readonly #last: Statement<[string], number>;
  readonly #insert: Statement<[string, number, number, string]>;
  readonly #setState: Statement<[string, number, string]>;
  readonly #selectState: Statement<[string], StateRow>;
  readonly #selectEvents: Statement<[string, number], EventRow>;

  constructor(database: Database) {
    this.#last = database
      .prepare<[string], number>('SELECT coalesce(max(sequence), 0) FROM events WHERE run_id = ?')
      .pluck();
    this.#insert = database.prepare(
      'INSERT INTO events (run_id, sequence, at_ms, event) VALUES (?, ?, ?, ?)',
    );
    this.#setState = database.prepare(`INSERT INTO states (run_id, sequence, state) VALUES (?, ?, ?)
      ON CONFLICT (run_id) DO UPDATE SET sequence = excluded.sequence, state = excluded.state`);
    this.#selectState = database.prepare('SELECT sequence, state FROM states WHERE run_id = ?');
    this.#selectEvents = database.prepare(
      'SELECT sequence, at_ms, event FROM events WHERE run_id = ? AND sequence > ? ORDER BY sequence',
    );
  }

  /** To be called within a transaction. @returns the event's sequence */
  append(runId: string, atMs: number, eventText: string, stateText: string): number {
    const sequence = (this.#last.get(runId) ?? 0) + 1;
    this.#insert.run(runId, sequence, atMs, eventText);
    this.#setState.run(runId, sequence, stateText);
    return sequence;
  }

  readState(runId: string): StoredState | undefined {
    const row = this.#selectState.get(runId);
    return row === undefined
      ? undefined
      : { sequence: row.sequence, state: JSON.parse(row.state) as unknown };
  }

  readEvents(runId: string, afterSequence: number): readonly StoredEvent[] {
    const rows = this.#selectEvents.all(runId, afterSequence);
    return rows.map((row) => ({
      sequence: row.sequence,
      atMs: row.at_ms,
      event: JSON.parse(row.event) as unknown,
    }));
  }
}
