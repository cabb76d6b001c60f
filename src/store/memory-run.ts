import { KeyedRows } from './keyed-rows.js';
import type { LatencyEntry } from './measurement-records.js';
import type { RunOrigin, RunOutcome, RunRecord } from './run-record.js';
import type {
  ActionRecord,
  ArchitectureRecord,
  CandidateRecord,
  EventRows,
  RoundRecord,
  StoredEvent,
  StoredState,
} from './search-records.js';
import type { CheckpointRecord, TrainingLoss } from './training-records.js';

/** All that a `MemoryStore` keeps of one run. */
export class MemoryRun {
  record: RunRecord;
  isLocked = false;
  state: StoredState | undefined;
  readonly events: StoredEvent[] = [];
  readonly rounds = new KeyedRows<RoundRecord>((row) => [row.round]);
  readonly candidates = new KeyedRows<CandidateRecord>((row) => [row.round, row.actionKind, row.block]);
  readonly architectures = new KeyedRows<ArchitectureRecord>((row) => [row.round, row.role, row.hash]);
  readonly actions = new KeyedRows<ActionRecord>((row) => [row.index]);
  readonly checkpoints = new KeyedRows<CheckpointRecord>((row) => [row.file]);
  readonly latencies = new KeyedRows<LatencyEntry>((row) => [row.subject, row.method]);
  readonly losses = new KeyedRows<TrainingLoss>((row) => [row.phase, row.step]);
  readonly metrics = new Map<string, number>();

  constructor(record: RunRecord) {
    this.record = record;
  }

  setStatus(status: 'running' | RunOutcome, note: string): void {
    this.record = { ...this.record, status, statusNote: note };
  }

  setOrigin({ snapevoVersion, deviceFingerprint, inputs }: RunOrigin): void {
    this.record = { ...this.record, snapevoVersion, deviceFingerprint, inputs };
  }

  touch(atMs: number): void {
    this.record = { ...this.record, updatedAtMs: Math.max(this.record.updatedAtMs, atMs) };
  }

  putRows(rows: EventRows): void {
    for (const row of rows.rounds ?? []) this.rounds.replace(row);
    for (const row of rows.candidates ?? []) this.candidates.replace(row);
    for (const row of rows.architectures ?? []) this.architectures.replace(row);
    for (const row of rows.actions ?? []) this.actions.replace(row);
    if (rows.checkpoints !== undefined) this.checkpoints.clear();
    for (const row of rows.checkpoints ?? []) this.checkpoints.replace(row);
  }
}
