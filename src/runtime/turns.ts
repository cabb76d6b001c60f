/** Work done one at a time, in the order in which it is asked for; nothing is held on to of what it came to. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** What the work comes to, which begins once all that was asked for before is over, whether or not it failed. */
  take<Result>(work: () => Promise<Result>): Promise<Result> {
    const taken = this.#last.then(work);
    this.#last = over([taken]);
    return taken;
  }
}

/** Resolves when all have ended, and holds on to nothing that they resolved to. */
export async function over(promises: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(promises);
}
