/** Work done a few at a time, in the order in which it is asked for; nothing is held on to of what it came to. */
export class Turns {
  readonly #lanes: Promise<void>[];
  #asked = 0;

  /** @param width how many are done at a time */
  constructor(width = 1) {
    this.#lanes = Array.from({ length: width }, () => Promise.resolve());
  }

  /** What the work comes to, which begins once what was asked for so many before it is over, whether or not that failed. */
  take<Result>(work: () => Promise<Result>): Promise<Result> {
    const lane = this.#asked++ % this.#lanes.length;
    const taken = (this.#lanes[lane] as Promise<void>).then(work);
    this.#lanes[lane] = allOver([taken]);
    return taken;
  }
}

/** Resolves when all have ended, and holds on to nothing that they resolved to. */
export async function allOver(promises: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(promises);
}
