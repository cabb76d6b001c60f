import type { Architecture } from '../architecture/architecture.js';
import type { CaptionRange } from './caption-range.js';
import type { Estimate } from '../statistics/estimate.js';
import type { SearchEvent } from './event.js';
import type { MeasuredBlocks } from './latency-table.js';
import type { SearchRows } from './search-rows.js';
import type { SearchState } from './state.js';

/*
 * What the search needs from the rest of the world. Every request is a job: its result depends on nothing else, and
 * doing it twice is harmless. Weights are named by an opaque reference, such as the hash of a file. Where weights hold
 * none for a copied block, it runs on those of its source.
 */

/** Trains on from weights; the draws of a step depend on (seed, step) alone. */
export interface TrainRequest {
  readonly type: 'train';
  /** `robust`: every present block is skipped at random; `fine-tune`: none is. */
  readonly mode: 'robust' | 'fine-tune';
  readonly architecture: Architecture;
  readonly weights: string;
  readonly seed: number;
  /** Index, within the whole run, of the first step to do. */
  readonly fromStep: number;
  readonly steps: number;
  /** The stretch of training that this is a part of, for schedules of the learning rate. */
  readonly stretch: { readonly fromStep: number; readonly steps: number };
}

export interface TrainResult {
  /** The weights after the last step, with weights of their own for all of the architecture's blocks, skipped too. */
  readonly weights: string;
  /** Mean over the steps done. */
  readonly loss: number;
}

export interface Trainer {
  train(request: TrainRequest): Promise<TrainResult>;

  /**
   * Told, while the device is busy, of what it will probably be asked for next, so that what this needs may be made meanwhile. It may be asked for something else, or
   * nothing; results are the same either way. What goes wrong is told to whoever asks for the result.
   */
  prepare?(request: TrainRequest): void;
}

/** Generates an image for each caption, each from the noise of its own fixed seed, and scores it. */
export interface ScoreRequest {
  readonly type: 'score';
  readonly architecture: Architecture;
  readonly architectureHash: string;
  readonly weights: string;
  readonly captions: CaptionRange;
}

export interface ScoreResult {
  /** CLIP score of each caption's image, in order, in [-1, 1]. */
  readonly scores: readonly number[];
}

export interface Scorer {
  /**
   * May be asked while another request is being answered.
   * @param signal gives the request up: the promise then rejects soon, with the signal's reason
   */
  score(request: ScoreRequest, signal?: AbortSignal): Promise<ScoreResult>;

  /** As many captions of a request are all worked on at once: several requests of no more are answered turn about at no cost. Unknown if not told. */
  readonly captionsAtATime?: number;
}

export interface MeasureArchitectureRequest {
  readonly type: 'measure-architecture';
  readonly architecture: Architecture;
  readonly architectureHash: string;
  /** Measured anew, whatever is known: a figure that was chosen for being low is checked by another. */
  readonly anew?: boolean;
}

export interface MeasureBlocksRequest {
  readonly type: 'measure-blocks';
  readonly architecture: Architecture;
  /** Whether entries have to tell what blocks cost on weights of int8, too. */
  readonly quantize?: boolean;
}

export interface LatencyMeter {
  /** One forward pass of the whole UNet, end to end. */
  measureArchitecture(request: MeasureArchitectureRequest): Promise<{ readonly latencyMs: Estimate }>;

  /** An entry for every block of the architecture. */
  measureBlocks(request: MeasureBlocksRequest): Promise<MeasuredBlocks>;
}

/** What happened, the state after it, and the rows that tell of it. */
export interface JournalEntry {
  readonly event: SearchEvent;
  readonly state: SearchState;
  readonly rows: SearchRows;
}

export interface SearchJournal {
  /** Stores all of an entry or nothing of it; once it returns, no crash loses it. */
  append(entry: JournalEntry): void;
}

export interface SearchPorts {
  readonly trainer: Trainer;
  readonly scorer: Scorer;
  readonly latencyMeter: LatencyMeter;
  readonly journal: SearchJournal;
}
