import type {
  MeasureArchitectureRequest,
  MeasureBlocksRequest,
  ScoreRequest,
  TrainRequest,
} from './ports.js';
import type { SearchRows } from './search-rows.js';

/** A unit of work: a request to one of the ports. */
export type Work = TrainRequest | ScoreRequest | MeasureArchitectureRequest | MeasureBlocksRequest;

/** Rows to be stored together with the event and the state. */
export interface RecordEffect {
  readonly type: 'record';
  readonly rows: SearchRows;
}

/** What a transition asks for. Work that an earlier one asked for and that is still open is asked for again. */
export type Effect = Work | RecordEffect;
