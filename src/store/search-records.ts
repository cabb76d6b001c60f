import type { Estimate } from '../statistics/estimate.js';
import type { CheckpointRecord } from './training-records.js';

export type ActionKind = 'remove' | 'restore' | 'copy' | 'quantize';

/** One round of the search; keyed by `round`, which counts from 1. */
export interface RoundRecord {
  readonly round: number;
  /** The architecture the round started from. */
  readonly architectureHash: string;
  /** The robust-trained weights that its candidates were scored with; null until trained. */
  readonly weightsHash: string | null;
  readonly latencyMs: Estimate | null;
  readonly clipScore: Estimate | null;
  readonly budgetMs: number;
  readonly budgetMet: boolean;
}

/** `chosen` was acted on; `ranked` was scored; `excluded` was no candidate at all. */
export type CandidateStatus = 'chosen' | 'ranked' | 'excluded';

/** One candidate of a round's ranking; keyed by `round`, `actionKind` and `block`. */
export interface CandidateRecord {
  readonly round: number;
  readonly actionKind: ActionKind;
  /** The block's diffusers name, e.g. `down_blocks.1.attentions.0`. */
  readonly block: string;
  readonly architectureHash: string;
  /** CLIP lost by the action: positive when it hurts. */
  readonly deltaClip: Estimate | null;
  /** Milliseconds saved by the action: positive when it helps. */
  readonly deltaLatencyMs: Estimate | null;
  /** deltaClip per millisecond saved; null where the saving is not above the measurement's noise. */
  readonly value: number | null;
  /** 1 is acted on first; null when excluded. */
  readonly rank: number | null;
  readonly status: CandidateStatus;
  /** Why it has this status and rank, for a person to read. */
  readonly reason: string;
  /** Images that the decision rests on. */
  readonly imageCount: number;
}

export type ArchitectureRole = 'original' | 'current' | 'candidate' | 'final';

/**
 * An architecture tried, keyed by `round`, `role` and `hash`: the same one may be a candidate, then current, then
 * come round again with other weights, and each of these is a point of its own.
 */
export interface ArchitectureRecord {
  /** 0 before the first round. For `current`: the round whose action led to it. */
  readonly round: number;
  readonly role: ArchitectureRole;
  readonly hash: string;
  readonly canonicalForm: string;
  readonly parameterCount: number;
  readonly weightsHash: string | null;
  readonly parentHash: string | null;
  /** Measured end to end. */
  readonly measuredLatencyMs: Estimate | null;
  /** The sum the latency table predicts. */
  readonly predictedLatencyMs: number | null;
  /** Mean over captions. */
  readonly clipScore: Estimate | null;
}

/** Something done to the architecture, or the end of the search; keyed by `index`, which counts from 1. */
export interface ActionRecord {
  readonly index: number;
  readonly round: number;
  readonly kind: ActionKind | 'stop' | 'fine-tune';
  /** Blocks acted on, by diffusers name; empty for `stop`. */
  readonly blocks: readonly string[];
  readonly fromHash: string;
  readonly toHash: string;
  readonly reason: string;
}

/** Rows that belong to one event. A row replaces the run's earlier row of the same key. */
export interface EventRows {
  readonly rounds?: readonly RoundRecord[];
  readonly candidates?: readonly CandidateRecord[];
  readonly architectures?: readonly ArchitectureRecord[];
  readonly actions?: readonly ActionRecord[];
  /** The files that the state needs: rows of all others are removed, so that their files may be after this. */
  readonly checkpoints?: readonly CheckpointRecord[];
}

/** One step of the search's state machine, to be stored whole or not at all. */
export interface EventCommit extends EventRows {
  /** What happened. Anything JSON can carry. */
  readonly event: unknown;
  /** The state after it. Anything JSON can carry. */
  readonly state: unknown;
}

export interface StoredEvent {
  /** Counts from 1 within the run, without gaps. */
  readonly sequence: number;
  readonly atMs: number;
  readonly event: unknown;
}

export interface StoredState {
  /** The event that led to it. */
  readonly sequence: number;
  readonly state: unknown;
}
