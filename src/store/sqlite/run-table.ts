import type { Database, Statement } from 'better-sqlite3';
import type { RunFilter, RunKind, RunRecord, RunStatus } from '../run-record.js';

interface RunRow {
  readonly id: string;
  readonly kind: RunKind;
  readonly name: string;
  readonly status: RunStatus;
  readonly status_note: string;
  readonly config: string;
  readonly snapevo_version: string;
  readonly device_fingerprint: string;
  readonly inputs: string;
  readonly created_at_ms: number;
  readonly updated_at_ms: number;
}

function toRecord(row: RunRow): RunRecord {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    status: row.status,
    statusNote: row.status_note,
    config: JSON.parse(row.config) as unknown,
    snapevoVersion: row.snapevo_version,
    deviceFingerprint: row.device_fingerprint,
    inputs: JSON.parse(row.inputs) as RunRecord['inputs'],
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}

/** The runs, as stored: whether a `running` one still runs is for the lock to say. */
export class RunTable {
  readonly #insert: Statement;
  readonly #select: Statement<[string], RunRow>;
  readonly #selectAll: Statement<[{ kind: string | null }], RunRow>;
  readonly #setStatus: Statement<[string, string, string]>;
  readonly #setHolder: Statement<[string, string]>;
  readonly #selectHolder: Statement<[string], { holder: string }>;
  readonly #touch: Statement<[number, string]>;

  constructor(database: Database) {
    this.#insert = database.prepare(`INSERT INTO runs
      (id, kind, name, status, status_note, config, snapevo_version, device_fingerprint, inputs,
       created_at_ms, updated_at_ms, holder) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')`);
    this.#select = database.prepare('SELECT * FROM runs WHERE id = ?');
    this.#selectAll = database.prepare(
      'SELECT * FROM runs WHERE @kind IS NULL OR kind = @kind ORDER BY created_at_ms DESC, rowid DESC',
    );
    this.#setStatus = database.prepare('UPDATE runs SET status = ?, status_note = ? WHERE id = ?');
    this.#setHolder = database.prepare('UPDATE runs SET holder = ? WHERE id = ?');
    this.#selectHolder = database.prepare('SELECT holder FROM runs WHERE id = ?');
    this.#touch = database.prepare('UPDATE runs SET updated_at_ms = ? WHERE id = ?');
  }

  insert(run: RunRecord): void {
    const { id, kind, name, status, statusNote, snapevoVersion, deviceFingerprint } = run;
    const config = JSON.stringify(run.config);
    const identity = [snapevoVersion, deviceFingerprint, JSON.stringify(run.inputs)];
    this.#insert.run(
      id,
      kind,
      name,
      status,
      statusNote,
      config,
      ...identity,
      run.createdAtMs,
      run.updatedAtMs,
    );
  }

  find(runId: string): RunRecord | undefined {
    const row = this.#select.get(runId);
    return row === undefined ? undefined : toRecord(row);
  }

  /** Newest first. */
  list({ kind }: RunFilter): readonly RunRecord[] {
    return this.#selectAll.all({ kind: kind ?? null }).map(toRecord);
  }

  setStatus(runId: string, status: RunStatus, note: string): void {
    this.#setStatus.run(status, note, runId);
  }

  /** @param holder a phrase for people: which process, on which machine, since when */
  setHolder(runId: string, holder: string): void {
    this.#setHolder.run(holder, runId);
  }

  holderOf(runId: string): string {
    return this.#selectHolder.get(runId)?.holder ?? '';
  }

  touch(runId: string, atMs: number): void {
    this.#touch.run(atMs, runId);
  }
}
