import type { Estimate } from '../statistics/estimate.js';

/** What the scores of a set of images depend on, besides the caption and the seed. */
export interface ScoreKey {
  readonly architectureHash: string;
  readonly weightsHash: string;
  /** One hash over everything else: captions, CLIP weights, sampler, steps, guidance, resolution. */
  readonly scorerHash: string;
}

export interface ImageScore {
  readonly captionIndex: number;
  /** Seed of the image's starting noise, an unsigned 32-bit integer. */
  readonly seed: number;
  /** Cosine of the normalised image and text embeddings, in [-1, 1]. */
  readonly score: number;
}

/** A latency is true of one device and one shape of input only. */
export interface LatencyTableKey {
  /** Version of what is measured and how; see `LATENCY_PROTOCOL`. */
  readonly protocol: number;
  readonly deviceFingerprint: string;
  /** As the runtime computes: `float32`, `float16`. */
  readonly dtype: string;
  readonly batchSize: number;
  readonly latentHeight: number;
  readonly latentWidth: number;
  /** Tokens of text that cross-attention sees. */
  readonly contextLength: number;
}

/** `isolated`: the subject alone; `in-network`: from the runtime's profile of a whole network; `end-to-end`: a whole network. */
export type LatencyMethod = 'isolated' | 'in-network' | 'end-to-end';

/** One measurement in a table, keyed by `subject` and `method`. */
export interface LatencyEntry {
  /** Canonical form of a block configuration, or the hash of an architecture for `end-to-end`. */
  readonly subject: string;
  readonly method: LatencyMethod;
  /** Every sample in the order taken, outliers kept. */
  readonly samplesMs: readonly number[];
  readonly medianMs: Estimate;
  /** What a reader must know, e.g. `unstable`, `outliers`. */
  readonly flags: readonly string[];
  readonly measuredAtMs: number;
}

/** Which entries; all where nothing is said. */
export type LatencyFilter = Partial<Pick<LatencyEntry, 'subject' | 'method'>>;
