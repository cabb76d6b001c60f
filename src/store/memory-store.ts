import { checkStorable, toJsonText } from './checked-json.js';
import { KeyedRows } from './keyed-rows.js';
import type {
  ImageScore,
  LatencyEntry,
  LatencyFilter,
  LatencyMethod,
  LatencyTableKey,
  ScoreKey,
} from './measurement-records.js';
import { MemoryRun } from './memory-run.js';
import {
  compareCandidates,
  compareCheckpoints,
  compareImageScores,
  compareLatencyEntries,
  compareLosses,
  compareText,
} from './row-order.js';
import type { NewRun, RunFilter, RunOrigin, RunOutcome, RunRecord } from './run-record.js';
import type {
  ActionRecord,
  ArchitectureRecord,
  CandidateRecord,
  EventCommit,
  RoundRecord,
  StoredEvent,
  StoredState,
} from './search-records.js';
import { chooseRunId, type StoreDependencies } from './store-dependencies.js';
import { runLocked, runNotLocked, unknownRun } from './store-errors.js';
import type { Store } from './store.js';
import type { CheckpointRecord, TrainingLoss } from './training-records.js';

function scoreKeyText({ architectureHash, weightsHash, scorerHash }: ScoreKey): string {
  return JSON.stringify([architectureHash, weightsHash, scorerHash]);
}

function tableKeyText(key: LatencyTableKey): string {
  const { protocol, deviceFingerprint, dtype, batchSize, latentHeight, latentWidth, contextLength } = key;
  const shape = [batchSize, latentHeight, latentWidth, contextLength];
  return JSON.stringify([protocol, deviceFingerprint, dtype, ...shape]);
}

/** Keeps the promises of `Store` for as long as the object lives: for tests, and for runs nobody wants to keep. */
export class MemoryStore implements Store {
  readonly #dependencies: StoreDependencies;
  readonly #runs = new Map<string, MemoryRun>();
  readonly #scores = new Map<string, KeyedRows<ImageScore>>();
  readonly #tables = new Map<string, KeyedRows<LatencyEntry>>();

  constructor(dependencies: StoreDependencies) {
    this.#dependencies = dependencies;
  }

  createRun(newRun: NewRun): RunRecord {
    checkStorable(newRun, 'run');
    const nowMs = this.#dependencies.nowMs();
    const id = chooseRunId(newRun.name, nowMs, this.#dependencies, (taken) => this.#runs.has(taken));
    const times = { createdAtMs: nowMs, updatedAtMs: nowMs };
    const record: RunRecord = {
      ...structuredClone(newRun),
      id,
      status: 'interrupted',
      statusNote: '',
      ...times,
    };
    this.#runs.set(id, new MemoryRun(record));
    return structuredClone(record);
  }

  createPart(newRun: NewRun, wholeId: string, tell: (partId: string) => EventCommit): RunRecord {
    const part = this.createRun(newRun);
    try {
      this.appendEvent(wholeId, tell(part.id));
    } catch (error) {
      this.#runs.delete(part.id);
      throw error;
    }
    return part;
  }

  readRun(runId: string): RunRecord {
    return structuredClone(this.#run(runId).record);
  }

  listRuns(filter: RunFilter = {}): readonly RunRecord[] {
    return [...this.#runs.values()]
      .map((run) => structuredClone(run.record))
      .filter((record) => filter.kind === undefined || record.kind === filter.kind)
      .filter((record) => filter.status === undefined || record.status === filter.status)
      .reverse();
  }

  lockRun(runId: string): void {
    const run = this.#run(runId);
    if (run.isLocked) throw runLocked(runId, 'this process');
    run.isLocked = true;
    run.setStatus('running', '');
    run.touch(this.#dependencies.nowMs());
  }

  whileHeld<T>(runId: string, work: () => T): T {
    const run = this.#run(runId);
    if (run.isLocked) throw runLocked(runId, 'this process');
    run.isLocked = true;
    try {
      return work();
    } finally {
      run.isLocked = false;
    }
  }

  setOrigin(runId: string, origin: RunOrigin): void {
    checkStorable(origin, 'origin');
    this.#change(runId, (run) => {
      run.setOrigin(structuredClone(origin));
    });
  }

  endRun(runId: string, outcome: RunOutcome, note = ''): void {
    this.#change(runId, (run) => {
      run.setStatus(outcome, note);
      run.isLocked = false;
    });
  }

  appendEvent(runId: string, commit: EventCommit): number {
    const { event, state, ...rows } = commit;
    const eventText = toJsonText(event, 'event');
    const stateText = toJsonText(state, 'state');
    checkStorable(rows, 'rows');
    return this.#change(runId, (run, atMs) => {
      const sequence = run.events.length + 1;
      run.events.push({ sequence, atMs, event: JSON.parse(eventText) as unknown });
      run.state = { sequence, state: JSON.parse(stateText) as unknown };
      run.putRows(rows);
      return sequence;
    });
  }

  readState(runId: string): StoredState | undefined {
    return structuredClone(this.#run(runId).state);
  }

  readEvents(runId: string, afterSequence = 0): readonly StoredEvent[] {
    return structuredClone(this.#run(runId).events.filter((event) => event.sequence > afterSequence));
  }

  readRounds(runId: string): readonly RoundRecord[] {
    return this.#run(runId).rounds.list(undefined, (a, b) => a.round - b.round);
  }

  readCandidates(runId: string, round?: number): readonly CandidateRecord[] {
    const passes = (row: CandidateRecord): boolean => round === undefined || row.round === round;
    return this.#run(runId).candidates.list(passes, compareCandidates);
  }

  readArchitectures(runId: string): readonly ArchitectureRecord[] {
    return this.#run(runId).architectures.list();
  }

  readActions(runId: string): readonly ActionRecord[] {
    return this.#run(runId).actions.list(undefined, (a, b) => a.index - b.index);
  }

  putImageScores(key: ScoreKey, scores: readonly ImageScore[]): void {
    checkStorable(scores, 'scores');
    const rows = this.#scores.get(scoreKeyText(key)) ?? new KeyedRows((row) => [row.captionIndex, row.seed]);
    this.#scores.set(scoreKeyText(key), rows);
    for (const score of scores) rows.keepFirst(score);
  }

  readImageScores(key: ScoreKey): readonly ImageScore[] {
    return this.#scores.get(scoreKeyText(key))?.list(undefined, compareImageScores) ?? [];
  }

  putLatencyEntry(key: LatencyTableKey, entry: LatencyEntry): void {
    checkStorable({ key, entry }, 'latency');
    const text = tableKeyText(key);
    const table = this.#tables.get(text) ?? new KeyedRows((row) => [row.subject, row.method]);
    this.#tables.set(text, table);
    table.replace(entry);
  }

  readLatencyEntry(table: LatencyTableKey, subject: string, method: LatencyMethod): LatencyEntry | undefined {
    return this.readLatencyTable(table).find((entry) => entry.subject === subject && entry.method === method);
  }

  readLatencyTable(table: LatencyTableKey): readonly LatencyEntry[] {
    return this.#tables.get(tableKeyText(table))?.list(undefined, compareLatencyEntries) ?? [];
  }

  putRunLatency(runId: string, entry: LatencyEntry): void {
    checkStorable(entry, 'latency');
    this.#change(runId, (run) => {
      run.latencies.replace(entry);
    });
  }

  readRunLatencies(runId: string, of: LatencyFilter = {}): readonly LatencyEntry[] {
    const passes = ({ subject, method }: LatencyEntry): boolean =>
      (of.subject ?? subject) === subject && (of.method ?? method) === method;
    return this.#run(runId).latencies.list(passes, compareLatencyEntries);
  }

  appendLosses(runId: string, losses: readonly TrainingLoss[]): void {
    checkStorable(losses, 'losses');
    this.#change(runId, (run) => {
      for (const loss of losses) run.losses.replace(loss);
    });
  }

  readLosses(runId: string, phase?: string): readonly TrainingLoss[] {
    return this.#run(runId).losses.list((row) => phase === undefined || row.phase === phase, compareLosses);
  }

  recordCheckpoint(runId: string, checkpoint: CheckpointRecord): void {
    checkStorable(checkpoint, 'checkpoint');
    this.#change(runId, (run) => {
      run.checkpoints.replace(checkpoint);
    });
  }

  readCheckpoints(runId: string): readonly CheckpointRecord[] {
    return this.#run(runId).checkpoints.list(undefined, compareCheckpoints);
  }

  putMetrics(runId: string, metrics: Readonly<Record<string, number>>): void {
    checkStorable(metrics, 'metrics');
    this.#change(runId, (run) => {
      for (const [name, value] of Object.entries(metrics)) run.metrics.set(name, value);
    });
  }

  readMetrics(runId: string): Readonly<Record<string, number>> {
    const metrics = [...this.#run(runId).metrics];
    return Object.fromEntries(metrics.sort(([a], [b]) => compareText(a, b)));
  }

  check(): readonly string[] {
    return [];
  }

  close(): void {
    for (const run of this.#runs.values()) {
      if (run.isLocked) run.setStatus('interrupted', '');
      run.isLocked = false;
    }
  }

  #run(runId: string): MemoryRun {
    const run = this.#runs.get(runId);
    if (run === undefined) throw unknownRun(runId);
    return run;
  }

  #change<T>(runId: string, change: (run: MemoryRun, atMs: number) => T): T {
    const run = this.#run(runId);
    if (!run.isLocked) throw runNotLocked(runId);
    const atMs = this.#dependencies.nowMs();
    run.touch(atMs);
    return change(run, atMs);
  }
}
