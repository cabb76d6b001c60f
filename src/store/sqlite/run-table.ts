import type { Database, Statement } from 'better-sqlite3';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { checksumUpdate, RowSeal } from './row-checksum.js';
import type { OnDamagedRun, RunFilter, RunKind, RunOrigin, RunRecord, RunStatus } from '../run-record.js';

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
  readonly holder: string;
  readonly checksum: number;
}

const columns = [
  ...(['id', 'kind', 'name', 'status', 'status_note', 'config', 'snapevo_version'] as const),
  ...(['device_fingerprint', 'inputs', 'created_at_ms', 'updated_at_ms', 'holder'] as const),
];

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
  readonly #seal: RowSeal;
  readonly #reseal: Statement<[string]>;
  readonly #insert: Statement;
  readonly #select: Statement<[string], RunRow>;
  readonly #selectAll: Statement<[{ kind: string | null }], RunRow>;
  readonly #setStatus: Statement<[string, string, string]>;
  readonly #setOrigin: Statement<[string, string, string, string]>;
  readonly #setHolder: Statement<[string, string]>;
  readonly #selectHolder: Statement<[string], { holder: string }>;
  readonly #touch: Statement<[number, string]>;

  constructor(database: Database) {
    this.#seal = new RowSeal(database, 'runs', columns);
    this.#reseal = database.prepare(`${checksumUpdate(database, 'runs', columns)} WHERE id = ?`);
    this.#insert = database.prepare(
      `INSERT INTO runs (${columns.join(', ')}, checksum) VALUES (${columns.map(() => '?').join(', ')}, ?)`,
    );
    this.#select = database.prepare('SELECT * FROM runs WHERE id = ?');
    this.#selectAll = database.prepare(
      'SELECT * FROM runs WHERE @kind IS NULL OR kind = @kind ORDER BY rowid DESC',
    );
    this.#setStatus = database.prepare('UPDATE runs SET status = ?, status_note = ? WHERE id = ?');
    this.#setOrigin = database.prepare(
      'UPDATE runs SET snapevo_version = ?, device_fingerprint = ?, inputs = ? WHERE id = ?',
    );
    this.#setHolder = database.prepare('UPDATE runs SET holder = ? WHERE id = ?');
    this.#selectHolder = database.prepare('SELECT holder FROM runs WHERE id = ?');
    this.#touch = database.prepare('UPDATE runs SET updated_at_ms = max(updated_at_ms, ?) WHERE id = ?');
  }

  insert(run: RunRecord): void {
    const { id, kind, name, status, statusNote, snapevoVersion, deviceFingerprint } = run;
    const begun = [id, kind, name, status, statusNote, JSON.stringify(run.config), snapevoVersion];
    const rest = [deviceFingerprint, JSON.stringify(run.inputs), run.createdAtMs, run.updatedAtMs, ''];
    const values = [...begun, ...rest];
    this.#insert.run(...values, this.#seal.of(values));
  }

  /** @throws SnapEvoError `STORE_DAMAGED` */
  find(runId: string): RunRecord | undefined {
    const row = this.#select.get(runId);
    return row === undefined ? undefined : this.#checked(row);
  }

  /**
   * Newest first.
   * @throws SnapEvoError `STORE_DAMAGED`, unless `onDamaged` is to be told
   */
  list({ kind }: RunFilter, onDamaged?: OnDamagedRun): readonly RunRecord[] {
    return this.#selectAll.all({ kind: kind ?? null }).flatMap((row) => {
      try {
        return [this.#checked(row)];
      } catch (error) {
        if (onDamaged === undefined || !(error instanceof SnapEvoError)) throw error;
        onDamaged(row.id, error);
        return [];
      }
    });
  }

  #checked(row: RunRow): RunRecord {
    this.#seal.check(
      columns.map((column) => row[column]),
      row.checksum,
      `what is stored of run ${row.id} itself`,
    );
    return toRecord(row);
  }

  setStatus(runId: string, status: RunStatus, note: string): void {
    this.#setStatus.run(status, note, runId);
    this.#reseal.run(runId);
  }

  setOrigin(runId: string, { snapevoVersion, deviceFingerprint, inputs }: RunOrigin): void {
    this.#setOrigin.run(snapevoVersion, deviceFingerprint, JSON.stringify(inputs), runId);
    this.#reseal.run(runId);
  }

  /** @param holder a phrase for people: which process, on which machine, since when */
  setHolder(runId: string, holder: string): void {
    this.#setHolder.run(holder, runId);
    this.#reseal.run(runId);
  }

  holderOf(runId: string): string {
    return this.#selectHolder.get(runId)?.holder ?? '';
  }

  touch(runId: string, atMs: number): void {
    this.#touch.run(atMs, runId);
    this.#reseal.run(runId);
  }
}
