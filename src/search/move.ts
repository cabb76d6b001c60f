import type { SearchRows } from './search-rows.js';
import type { SearchState } from './state.js';

/** A transition before it is told as effects: the state that follows, and the rows that tell of it. */
export interface Move {
  readonly state: SearchState;
  readonly rows: SearchRows;
}

/** A move that tells of more rows, stored before its own. */
export function withRows(rows: SearchRows, move: Move): Move {
  return {
    state: move.state,
    rows: {
      rounds: [...(rows.rounds ?? []), ...(move.rows.rounds ?? [])],
      candidates: [...(rows.candidates ?? []), ...(move.rows.candidates ?? [])],
      architectures: [...(rows.architectures ?? []), ...(move.rows.architectures ?? [])],
      actions: [...(rows.actions ?? []), ...(move.rows.actions ?? [])],
    },
  };
}
