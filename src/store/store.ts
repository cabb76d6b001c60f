import type {
  ImageScore,
  LatencyEntry,
  LatencyFilter,
  LatencyMethod,
  LatencyTableKey,
  ScoreKey,
} from './measurement-records.js';
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
import type { CheckpointRecord, TrainingLoss } from './training-records.js';

/**
 * Everything SnapEvo remembers. Implementations keep these promises; `test/store` holds them to it.
 *
 * **Durability.** When a writing method returns, what it wrote survives the death of the process at any later moment.
 * When a method throws or the process dies within it, nothing of that call is stored.
 *
 * **One writer per run.** The methods that change a run (`setOrigin`, `appendEvent`, `createPart` that of the whole, `putRunLatency`, `appendLosses`,
 * `recordCheckpoint`, `putMetrics`, `endRun`) need its lock, taken by `lockRun`, and throw `STORE_RUN_NOT_LOCKED` without it. A lock ends with the process that
 * holds it, however that process ends. Reading needs no lock and never waits for a writer.
 *
 * **Values, not references.** What is given may be changed afterwards and what is returned may be kept: neither reaches into the store.
 *
 * **Keys.** A row replaces the earlier row with the same key, so work done twice is harmless. Image scores are the
 * exception: a score is a function of its key, and the first one stored stays, because decisions may rest on it.
 *
 * **Values that are refused.** A number that is not finite, or a value that JSON cannot carry back unchanged, throws
 * `STORE_VALUE_INVALID`. A run id that is not in the store throws `STORE_RUN_UNKNOWN`.
 *
 * All methods are synchronous: each is over in well under the time of one training step.
 */
export interface Store {
  /** Adds a run with status `interrupted` (nobody works on it yet) and an id nobody else has. */
  createRun(newRun: NewRun): RunRecord;

  /**
   * Adds a run, as `createRun` does, that another run begins as a part of itself, and with it, in one transaction, the event by which that one knows of it.
   * @param tell the event of the whole, by the id of its part
   */
  createPart(newRun: NewRun, wholeId: string, tell: (partId: string) => EventCommit): RunRecord;

  /** A run whose process died reads as `interrupted`: `running` is said only while the lock is held. */
  readRun(runId: string): RunRecord;

  /**
   * The one created last first, whatever the clock said.
   * @param onDamaged told of each run whose record isn't as it was written, which is then left out; without it, the first one's error is thrown
   * @throws SnapEvoError `STORE_DAMAGED`
   */
  listRuns(filter?: RunFilter, onDamaged?: OnDamagedRun): readonly RunRecord[];

  /**
   * Makes this process the run's only writer and sets its status to `running`. Taking a lock that this store already
   * holds throws too. How the rows lie on the disk is checked first, so that nothing rests on a damaged index.
   * @throws SnapEvoError `STORE_RUN_LOCKED`, naming the process that holds it; `STORE_DAMAGED`
   */
  lockRun(runId: string): void;

  /**
   * Keeps everybody else from working on the run for as long as `work` takes, under this process's name, and leaves its record as it is.
   * @throws SnapEvoError as `lockRun` does
   */
  whileHeld<T>(runId: string, work: () => T): T;

  /** Says what the run's results are of from now on. */
  setOrigin(runId: string, origin: RunOrigin): void;

  /** Sets the final status and gives the lock back. */
  endRun(runId: string, outcome: RunOutcome, note?: string): void;

  /** Stores an event, the state after it and the rows that belong to it, all in one transaction. Returns its sequence. */
  appendEvent(runId: string, commit: EventCommit): number;

  /** The state after the last event, or undefined before the first. */
  readState(runId: string): StoredState | undefined;

  /** In order; those after `afterSequence` only, when given. */
  readEvents(runId: string, afterSequence?: number): readonly StoredEvent[];

  /** In order of round. */
  readRounds(runId: string): readonly RoundRecord[];

  /** In order of round, then rank, those without a rank last by block name; of one round only, when given. */
  readCandidates(runId: string, round?: number): readonly CandidateRecord[];

  /** In the order they were first stored. */
  readArchitectures(runId: string): readonly ArchitectureRecord[];

  /** In order of index. */
  readActions(runId: string): readonly ActionRecord[];

  /** Shared by all runs. The first score of a key, caption and seed stays. */
  putImageScores(key: ScoreKey, scores: readonly ImageScore[]): void;

  /** In order of caption, then seed. */
  readImageScores(key: ScoreKey): readonly ImageScore[];

  /** Shared by all runs. A new measurement of the same subject by the same method replaces the old one. */
  putLatencyEntry(table: LatencyTableKey, entry: LatencyEntry): void;

  readLatencyEntry(table: LatencyTableKey, subject: string, method: LatencyMethod): LatencyEntry | undefined;

  /** In order of subject, then method. */
  readLatencyTable(table: LatencyTableKey): readonly LatencyEntry[];

  /** A measurement that the run goes by, whatever becomes of the shared one of the same subject and method. */
  putRunLatency(runId: string, entry: LatencyEntry): void;

  /** In order of subject, then method. */
  readRunLatencies(runId: string, of?: LatencyFilter): readonly LatencyEntry[];

  /** Losses of steps that a resumed training repeats replace the earlier ones. */
  appendLosses(runId: string, losses: readonly TrainingLoss[]): void;

  /** In order of phase, then step; of one phase only, when given. */
  readLosses(runId: string, phase?: string): readonly TrainingLoss[];

  /** To be called once the file is whole on disk. A search's come with its events instead. */
  recordCheckpoint(runId: string, checkpoint: CheckpointRecord): void;

  /** In order of step, then file. */
  readCheckpoints(runId: string): readonly CheckpointRecord[];

  /** Named figures of a run, e.g. `clipScore`; the bounds of its interval are `clipScore.low` and `clipScore.high`. */
  putMetrics(runId: string, metrics: Readonly<Record<string, number>>): void;

  /** By name, in alphabetical order. */
  readMetrics(runId: string): Readonly<Record<string, number>>;

  /**
   * What is wrong with how rows lie on the disk, and with what all runs share, a line each; none when all is whole. A run's own rows that are not
   * as they were written throw `STORE_DAMAGED` when they are read.
   */
  check(): readonly string[];

  /** Gives back every lock it holds, the runs then reading as `interrupted`, and frees the database. */
  close(): void;
}
