/** Where time comes from. */
export interface Clock {
  /** Milliseconds since some moment in the past; never goes back. */
  readonly elapsedMs: () => number;
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: () => number;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  elapsedMs: () => performance.now(),
  nowMs: () => Date.now(),
};
