import type { Database } from 'better-sqlite3';
import type { EventRows } from '../search-records.js';
import {
  actionLayout,
  architectureLayout,
  candidateLayout,
  checkpointLayout,
  lossLayout,
  metricLayout,
  roundLayout,
  runLatencyLayout,
} from './record-layouts.js';
import { RecordTable } from './record-table.js';

/** The tables whose rows belong to a run. */
export class RunRowTables {
  readonly rounds;
  readonly candidates;
  readonly architectures;
  readonly actions;
  readonly checkpoints;
  readonly latencies;
  readonly losses;
  readonly metrics;

  constructor(database: Database) {
    this.rounds = new RecordTable(database, roundLayout);
    this.candidates = new RecordTable(database, candidateLayout);
    this.architectures = new RecordTable(database, architectureLayout);
    this.actions = new RecordTable(database, actionLayout);
    this.checkpoints = new RecordTable(database, checkpointLayout);
    this.latencies = new RecordTable(database, runLatencyLayout);
    this.losses = new RecordTable(database, lossLayout);
    this.metrics = new RecordTable(database, metricLayout);
  }

  /** To be called within a transaction. */
  put(runId: string, rows: EventRows): void {
    for (const row of rows.rounds ?? []) this.rounds.put(runId, row);
    for (const row of rows.candidates ?? []) this.candidates.put(runId, row);
    for (const row of rows.architectures ?? []) this.architectures.put(runId, row);
    for (const row of rows.actions ?? []) this.actions.put(runId, row);
    if (rows.checkpoints !== undefined) this.checkpoints.clear(runId);
    for (const row of rows.checkpoints ?? []) this.checkpoints.put(runId, row);
  }
}
