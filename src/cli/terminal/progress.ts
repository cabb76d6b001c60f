/** Shows how far the work in hand is. One task at a time: a new one takes the place of the one before. */
export interface Progress {
  /**
   * @param label what is being done, e.g. `round 2, training`
   * @param total units of the whole task
   * @param done units that were done before, by a run that was interrupted
   */
  start(label: string, total: number, done?: number): void;
  /** @param detail further figures, e.g. `loss 0.123` */
  update(done: number, detail?: string): void;
  /** Takes the display away, so that other text can follow. */
  stop(): void;
  /** Writes other text without the display getting in its way. */
  around(write: () => void): void;
}

/** Reckons what is left from the mean pace since the task was taken up. */
export class TimeLeft {
  readonly #total: number;
  readonly #firstDone: number;
  readonly #startedAtMs: number;

  constructor(total: number, firstDone: number, startedAtMs: number) {
    this.#total = total;
    this.#firstDone = firstDone;
    this.#startedAtMs = startedAtMs;
  }

  /** Milliseconds; undefined as long as nothing has been done. */
  leftMs(done: number, elapsedMs: number): number | undefined {
    const doneNow = done - this.#firstDone;
    if (doneNow <= 0) return undefined;
    return ((elapsedMs - this.#startedAtMs) / doneNow) * Math.max(0, this.#total - done);
  }
}
