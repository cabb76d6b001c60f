import type { Database } from 'better-sqlite3';
import { hostname } from 'node:os';
import { checkStorable, toJsonText } from './checked-json.js';
import type {
  ImageScore,
  LatencyEntry,
  LatencyFilter,
  LatencyMethod,
  LatencyTableKey,
  ScoreKey,
} from './measurement-records.js';
import { acquireRunLock, isRunLockHeld, type RunLock } from './run-lock.js';
import { runLockPath } from './run-directory.js';
import type { NewRun, OnDamagedRun, RunFilter, RunOrigin, RunOutcome, RunRecord } from './run-record.js';
import type {
  ActionRecord,
  ArchitectureRecord,
  CandidateRecord,
  EventCommit,
  RoundRecord,
  StoredEvent,
  StoredState,
} from './search-records.js';
import { EventLog } from './sqlite/event-log.js';
import { ImageScoreTable, LatencyTables, sharedColumns } from './sqlite/measurement-tables.js';
import { withNamedFailure } from './sqlite/named-failure.js';
import { openDatabase, openDatabaseToRead } from './sqlite/open-database.js';
import { damaged, damagedRows } from './sqlite/row-checksum.js';
import { structuralDamage } from './sqlite/structural-damage.js';
import { RunRowTables } from './sqlite/run-row-tables.js';
import { RunTable } from './sqlite/run-table.js';
import { chooseRunId, type StoreDependencies } from './store-dependencies.js';
import { runLocked, runNotLocked, unknownRun } from './store-errors.js';
import type { Store } from './store.js';
import type { CheckpointRecord, TrainingLoss } from './training-records.js';

/** Keeps the promises of `Store` in one SQLite file for all runs; each run's lock lies in its own folder beside it. */
export class SqliteStore implements Store {
  readonly #path: string;
  readonly #dependencies: StoreDependencies;
  readonly #database: Database;
  readonly #runs: RunTable;
  readonly #log: EventLog;
  readonly #rows: RunRowTables;
  readonly #scores: ImageScoreTable;
  readonly #latencies: LatencyTables;
  #isSound = false;
  readonly #locks = new Map<string, RunLock>();

  /**
   * Opens the database at `path`, or makes it and its folder.
   * @param access `read` for one that is there and stays as it is, in a folder that may be read-only
   * @throws SnapEvoError `STORE_TOO_NEW`, `STORE_NOT_OURS`, `STORE_DIRECTORY`, or `STORE_DATABASE` with what SQLite said; all that
   * reads throws `STORE_DAMAGED` where a row isn't as it was written
   */
  constructor(path: string, dependencies: StoreDependencies, access: 'read' | 'write' = 'write') {
    this.#path = path;
    this.#dependencies = dependencies;
    this.#database = access === 'read' ? openDatabaseToRead(path) : openDatabase(path);
    const tables = withNamedFailure(path, () => tablesOf(this.#database));
    this.#runs = tables.runs;
    this.#log = tables.log;
    this.#rows = tables.rows;
    this.#scores = tables.scores;
    this.#latencies = tables.latencies;
  }

  createRun(newRun: NewRun): RunRecord {
    checkStorable(newRun, 'run');
    return this.#write(() => {
      const nowMs = this.#dependencies.nowMs();
      const isTaken = (id: string): boolean => this.#runs.find(id) !== undefined;
      const id = chooseRunId(newRun.name, nowMs, this.#dependencies, isTaken);
      const times = { createdAtMs: nowMs, updatedAtMs: nowMs };
      this.#runs.insert({ ...newRun, id, status: 'interrupted', statusNote: '', ...times });
      return this.readRun(id);
    });
  }

  createPart(newRun: NewRun, wholeId: string, tell: (partId: string) => EventCommit): RunRecord {
    return this.#write(() => {
      const part = this.createRun(newRun);
      this.appendEvent(wholeId, tell(part.id));
      return part;
    });
  }

  readRun(runId: string): RunRecord {
    return this.#withTrueStatus(this.#find(runId));
  }

  listRuns(filter: RunFilter = {}, onDamaged?: OnDamagedRun): readonly RunRecord[] {
    const stored = withNamedFailure(this.#path, () => this.#runs.list(filter, onDamaged));
    const records = stored.map((record) => this.#withTrueStatus(record));
    return records.filter((record) => filter.status === undefined || record.status === filter.status);
  }

  lockRun(runId: string): void {
    const lock = this.#acquire(runId);
    this.#locks.set(runId, lock);
    try {
      this.#markRunning(runId);
    } catch (error) {
      this.#unlock(runId);
      throw error;
    }
  }

  whileHeld<T>(runId: string, work: () => T): T {
    const lock = this.#acquire(runId);
    try {
      this.#write(() => {
        this.#setHolder(runId, this.#dependencies.nowMs());
      });
      return work();
    } finally {
      lock.release();
    }
  }

  setOrigin(runId: string, origin: RunOrigin): void {
    checkStorable(origin, 'origin');
    this.#change(runId, () => {
      this.#runs.setOrigin(runId, origin);
    });
  }

  endRun(runId: string, outcome: RunOutcome, note = ''): void {
    this.#change(runId, () => {
      this.#runs.setStatus(runId, outcome, note);
    });
    this.#unlock(runId);
  }

  appendEvent(runId: string, commit: EventCommit): number {
    const { event, state, ...rows } = commit;
    const eventText = toJsonText(event, 'event');
    const stateText = toJsonText(state, 'state');
    checkStorable(rows, 'rows');
    return this.#change(runId, (atMs) => {
      this.#rows.put(runId, rows);
      return this.#log.append(runId, atMs, eventText, stateText);
    });
  }

  readState(runId: string): StoredState | undefined {
    return this.#read(runId, () => this.#log.readState(runId));
  }

  readEvents(runId: string, afterSequence = 0): readonly StoredEvent[] {
    return this.#read(runId, () => this.#log.readEvents(runId, afterSequence));
  }

  readRounds(runId: string): readonly RoundRecord[] {
    return this.#read(runId, () => this.#rows.rounds.list(runId));
  }

  readCandidates(runId: string, round?: number): readonly CandidateRecord[] {
    return this.#read(runId, () => this.#rows.candidates.list(runId, { round }));
  }

  readArchitectures(runId: string): readonly ArchitectureRecord[] {
    return this.#read(runId, () => this.#rows.architectures.list(runId));
  }

  readActions(runId: string): readonly ActionRecord[] {
    return this.#read(runId, () => this.#rows.actions.list(runId));
  }

  putImageScores(key: ScoreKey, scores: readonly ImageScore[]): void {
    checkStorable(scores, 'scores');
    this.#write(() => {
      this.#scores.put(key, scores);
    });
  }

  readImageScores(key: ScoreKey): readonly ImageScore[] {
    return withNamedFailure(this.#path, () => this.#scores.list(key));
  }

  putLatencyEntry(table: LatencyTableKey, entry: LatencyEntry): void {
    checkStorable({ table, entry }, 'latency');
    this.#write(() => {
      this.#latencies.put(table, entry);
    });
  }

  readLatencyEntry(table: LatencyTableKey, subject: string, method: LatencyMethod): LatencyEntry | undefined {
    return withNamedFailure(this.#path, () => this.#latencies.find(table, subject, method));
  }

  readLatencyTable(table: LatencyTableKey): readonly LatencyEntry[] {
    return withNamedFailure(this.#path, () => this.#latencies.list(table));
  }

  putRunLatency(runId: string, entry: LatencyEntry): void {
    checkStorable(entry, 'latency');
    this.#change(runId, () => {
      this.#rows.latencies.put(runId, entry);
    });
  }

  readRunLatencies(runId: string, of: LatencyFilter = {}): readonly LatencyEntry[] {
    return this.#read(runId, () => this.#rows.latencies.list(runId, { ...of }));
  }

  appendLosses(runId: string, losses: readonly TrainingLoss[]): void {
    checkStorable(losses, 'losses');
    this.#change(runId, () => {
      for (const loss of losses) this.#rows.losses.put(runId, loss);
    });
  }

  readLosses(runId: string, phase?: string): readonly TrainingLoss[] {
    return this.#read(runId, () => this.#rows.losses.list(runId, { phase }));
  }

  recordCheckpoint(runId: string, checkpoint: CheckpointRecord): void {
    checkStorable(checkpoint, 'checkpoint');
    this.#change(runId, () => {
      this.#rows.checkpoints.put(runId, checkpoint);
    });
  }

  readCheckpoints(runId: string): readonly CheckpointRecord[] {
    return this.#read(runId, () => this.#rows.checkpoints.list(runId));
  }

  putMetrics(runId: string, metrics: Readonly<Record<string, number>>): void {
    checkStorable(metrics, 'metrics');
    this.#change(runId, () => {
      for (const [name, value] of Object.entries(metrics)) this.#rows.metrics.put(runId, { name, value });
    });
  }

  readMetrics(runId: string): Readonly<Record<string, number>> {
    const rows = this.#read(runId, () => this.#rows.metrics.list(runId));
    return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  }

  check(): readonly string[] {
    return withNamedFailure(this.#path, () => [
      ...structuralDamage(this.#database),
      ...damagedRows(this.#database, sharedColumns),
    ]);
  }

  close(): void {
    this.#database.close();
    for (const lock of this.#locks.values()) lock.release();
    this.#locks.clear();
  }

  /** Once for each opening: it takes as long as reading the file. */
  #requireSound(): void {
    if (this.#isSound) return;
    const [found] = withNamedFailure(this.#path, () => structuralDamage(this.#database));
    if (found !== undefined) throw damaged(this.#database, `the database whole (${found})`);
    this.#isSound = true;
  }

  /** As it is stored. */
  #find(runId: string): RunRecord {
    const record = withNamedFailure(this.#path, () => this.#runs.find(runId));
    if (record === undefined) throw unknownRun(runId);
    return record;
  }

  #lockPath(runId: string): string {
    return runLockPath(this.#path, runId);
  }

  #acquire(runId: string): RunLock {
    this.readRun(runId);
    this.#requireSound();
    const lock = acquireRunLock(this.#lockPath(runId));
    if (lock !== undefined) return lock;
    throw runLocked(
      runId,
      withNamedFailure(this.#path, () => this.#runs.holderOf(runId)),
    );
  }

  #markRunning(runId: string): void {
    this.#write(() => {
      const nowMs = this.#dependencies.nowMs();
      this.#setHolder(runId, nowMs);
      this.#runs.setStatus(runId, 'running', '');
      this.#runs.touch(runId, nowMs);
    });
  }

  /** To be told to others while the lock is held. */
  #setHolder(runId: string, nowMs: number): void {
    const { command } = this.#dependencies;
    const what = command === undefined ? '' : ` (${command})`;
    const since = new Date(nowMs).toISOString();
    this.#runs.setHolder(runId, `process ${process.pid}${what} on ${hostname()} since ${since}`);
  }

  #unlock(runId: string): void {
    this.#locks.get(runId)?.release();
    this.#locks.delete(runId);
  }

  /** A process that was killed could not say so: only the lock knows. */
  #withTrueStatus(record: RunRecord): RunRecord {
    if (record.status !== 'running' || this.#locks.has(record.id)) return record;
    return isRunLockHeld(this.#lockPath(record.id)) ? record : { ...record, status: 'interrupted' };
  }

  #read<T>(runId: string, read: () => T): T {
    this.#find(runId);
    return withNamedFailure(this.#path, read);
  }

  #change<T>(runId: string, change: (atMs: number) => T): T {
    this.#find(runId);
    if (!this.#locks.has(runId)) throw runNotLocked(runId);
    return this.#write(() => {
      const atMs = this.#dependencies.nowMs();
      this.#runs.touch(runId, atMs);
      return change(atMs);
    });
  }

  /** IMMEDIATE takes the write lock at once, so that what is read within is still true when it is written. */
  #write<T>(work: () => T): T {
    return withNamedFailure(this.#path, () => this.#database.transaction(work).immediate());
  }
}

function tablesOf(database: Database) {
  return {
    runs: new RunTable(database),
    log: new EventLog(database),
    rows: new RunRowTables(database),
    scores: new ImageScoreTable(database),
    latencies: new LatencyTables(database),
  };
}
