import type { SnapEvoError } from '../errors/snapevo-error.js';

export type RunKind = 'search' | 'pretrain' | 'evaluate' | 'optimize';

/** `interrupted` also covers a run that was created and never started: nobody works on it and it can be resumed. */
export type RunStatus = 'running' | 'interrupted' | 'finished' | 'failed';

/** How a process that held a run leaves it. */
export type RunOutcome = Exclude<RunStatus, 'running'>;

/** What a run's results are of: with another they don't compare. */
export interface RunOrigin {
  readonly snapevoVersion: string;
  readonly deviceFingerprint: string;
  /**
   * Hashes of what it reads from elsewhere, by name: `pipeline`, `scorer`, `captions`, `pictures`, `weights`; and how it measures
   * latencies, `measuring`. What a run was forced to go on without stands under `<name> until <time>`.
   */
  readonly inputs: Readonly<Record<string, string>>;
}

/** What a run is made from; the store adds the id and the times. */
export interface NewRun extends RunOrigin {
  readonly kind: RunKind;
  /** Short name from the config, e.g. `emoji`; goes into the id. */
  readonly name: string;
  /** The resolved config, every default spelled out. Anything JSON can carry. */
  readonly config: unknown;
}

export interface RunRecord extends NewRun {
  /** `<date>-<time, UTC>-<name>-<4 hex digits>`, e.g. `20261123-0425-emoji-3f2a`. */
  readonly id: string;
  readonly status: RunStatus;
  /** Why it failed or stopped; empty when there is nothing to say. */
  readonly statusNote: string;
  /** Milliseconds since the Unix epoch, as all times in the store. */
  readonly createdAtMs: number;
  /** Never before it was created, nor before any earlier change, should the clock go back. */
  readonly updatedAtMs: number;
}

export interface RunFilter {
  readonly kind?: RunKind;
  readonly status?: RunStatus;
}

/** @param error `STORE_DAMAGED` */
export type OnDamagedRun = (runId: string, error: SnapEvoError) => void;
