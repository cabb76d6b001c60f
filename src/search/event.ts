import type { Estimate } from '../statistics/estimate.js';
import type { MeasuredBlocks } from './latency-table.js';
import type { CaptionRange } from './caption-range.js';

/** What can happen to a search: a unit of work is done, or could not be done. Plain JSON. */
export type SearchEvent =
  | {
      readonly type: 'architecture-measured';
      readonly architectureHash: string;
      readonly latencyMs: Estimate;
    }
  | (MeasuredBlocks & { readonly type: 'blocks-measured' })
  | {
      readonly type: 'trained';
      readonly fromStep: number;
      readonly steps: number;
      readonly weights: string;
      readonly loss: number;
    }
  | {
      readonly type: 'scored';
      readonly architectureHash: string;
      readonly weights: string;
      /** As of the request. */
      readonly captions: CaptionRange;
      readonly scores: readonly number[];
    }
  /** Nothing is decided by it: the same work stays open, for another try. */
  | { readonly type: 'failed'; readonly work: string; readonly code: string; readonly message: string };

/** The event of that type. */
export type EventOf<T extends SearchEvent['type']> = Extract<SearchEvent, { type: T }>;
