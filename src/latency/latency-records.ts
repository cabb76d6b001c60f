import type { Estimate } from '../statistics/estimate.js';

/** A latency is true of one device and one shape of input only: a table is reused under the same key alone. */
export interface LatencyTableKey {
  /** Version of what is measured and how: `LATENCY_PROTOCOL`. */
  readonly protocol: number;
  readonly deviceFingerprint: string;
  /** As the runtime computes. */
  readonly dtype: string;
  /** Of the UNet: images, twice that under guidance. */
  readonly batchSize: number;
  readonly latentHeight: number;
  readonly latentWidth: number;
  /** Tokens of text that cross-attention sees. */
  readonly contextLength: number;
}

/** `isolated`: the subject alone, be it a block, the text encoder or the decoder; `in-network`: from the profile of a whole network; `end-to-end`: a whole network. */
export type LatencyMethod = 'isolated' | 'in-network' | 'end-to-end';

/** One measurement in a table, keyed by `subject` and `method`. */
export interface LatencyEntry {
  readonly subject: string;
  readonly method: LatencyMethod;
  /** Every sample in the order taken, outliers kept. */
  readonly samplesMs: readonly number[];
  readonly medianMs: Estimate;
  /** Names of `LatencyWarning`s. */
  readonly flags: readonly string[];
  /** Milliseconds since the Unix epoch. */
  readonly measuredAtMs: number;
}

/** What measuring remembers; the `Store` is one. What is put survives the death of the process once `put` returns. */
export interface LatencyStore {
  putLatencyEntry(key: LatencyTableKey, entry: LatencyEntry): void;
  readLatencyEntry(key: LatencyTableKey, subject: string, method: LatencyMethod): LatencyEntry | undefined;
}
