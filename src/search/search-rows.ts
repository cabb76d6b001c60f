import type { Action } from '../architecture/action.js';
import type { Estimate } from '../statistics/estimate.js';

/*
 * What a search leaves behind for people and plots. Each row replaces the earlier one of its key. These are the
 * store's records, less what only the models know, such as an architecture's number of parameters.
 */

/** Keyed by `round`, which counts from 1. */
export interface RoundRow {
  readonly round: number;
  readonly architectureHash: string;
  /** Null until the round has trained. */
  readonly weightsHash: string | null;
  readonly latencyMs: Estimate;
  /** Null until scored. */
  readonly clipScore: Estimate | null;
  readonly budgetMs: number;
  readonly budgetMet: boolean;
}

/** Keyed by `round`, `actionKind` and `block`. */
export interface CandidateRow {
  readonly round: number;
  readonly actionKind: Action['type'];
  readonly block: string;
  readonly architectureHash: string;
  /** CLIP lost by the action: positive when it hurts. Null where it was not scored. */
  readonly deltaClip: Estimate | null;
  /** Milliseconds saved by the action: positive when it helps. */
  readonly deltaLatencyMs: Estimate;
  readonly value: number | null;
  /** 1 is acted on first; null when excluded. */
  readonly rank: number | null;
  readonly status: 'chosen' | 'ranked' | 'excluded';
  readonly reason: string;
  readonly imageCount: number;
}

/** Keyed by `round`, `role` and `hash`. */
export interface ArchitectureRow {
  /** 0 before the first round. For `current`: the round whose action led to it. */
  readonly round: number;
  readonly role: 'original' | 'current' | 'candidate' | 'final';
  readonly hash: string;
  readonly canonicalForm: string;
  readonly weightsHash: string | null;
  readonly parentHash: string | null;
  /** End to end. */
  readonly measuredLatencyMs: Estimate | null;
  /** By the table's sum. */
  readonly predictedLatencyMs: number | null;
  readonly clipScore: Estimate | null;
}

/** Keyed by `index`, which counts from 1. */
export interface ActionRow {
  readonly index: number;
  readonly round: number;
  readonly kind: Action['type'] | 'stop' | 'fine-tune';
  readonly blocks: readonly string[];
  readonly fromHash: string;
  readonly toHash: string;
  readonly reason: string;
}

export interface SearchRows {
  readonly rounds?: readonly RoundRow[];
  readonly candidates?: readonly CandidateRow[];
  readonly architectures?: readonly ArchitectureRow[];
  readonly actions?: readonly ActionRow[];
}
