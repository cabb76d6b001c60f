import type { Scorer, ScoreRequest, ScoreResult } from './ports.js';
import { isSameScoring } from './same-scoring.js';

interface Begun {
  readonly request: ScoreRequest;
  readonly result: Promise<ScoreResult>;
  readonly giveUp: AbortController;
}

/** Beside what is asked for: two scorings under way come to their ends together, and a third keeps the device at work while results are stored. */
const shortAhead = 2;

/** Where one of them is worked on bit by bit: three would take turns on networks of which fewer are loaded at a time. */
const longAhead = 1;

/**
 * A scorer that is told what it will be asked next and begins with that, so that the device has work while results are stored. A result
 * depends on its request alone: begun earlier, it is the same.
 */
export class ScoringAhead implements Scorer {
  readonly #scorer: Scorer;
  /** What nobody has asked for yet. */
  #begun: readonly Begun[] = [];
  #isStopped = false;

  constructor(scorer: Scorer) {
    this.#scorer = scorer;
  }

  async score(request: ScoreRequest): Promise<ScoreResult> {
    const begun = this.#find(request);
    if (begun === undefined) return this.#scorer.score(request);
    this.#begun = this.#begun.filter((each) => each !== begun);
    return begun.result;
  }

  /**
   * Begins with the first that come next, as far as they are not begun yet. What fails is told to whoever asks for the result.
   * @param open the one that was asked for, and those that come next
   */
  begin(open: readonly ScoreRequest[]): void {
    const { captionsAtATime = 0 } = this.#scorer;
    const isShort = open
      .slice(0, shortAhead + 1)
      .every(({ captions }) => captions.to - captions.from <= captionsAtATime);
    for (const request of open.slice(1)) {
      if (this.#isStopped || this.#begun.length >= (isShort ? shortAhead : longAhead)) return;
      if (this.#find(request) === undefined) this.#begun = [...this.#begun, this.#begin(request)];
    }
  }

  /** Gives up what nobody has asked for, and begins nothing any more; resolves once the scorer has let go. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { giveUp } of this.#begun) giveUp.abort();
    await Promise.allSettled(this.#begun.map(({ result }) => result));
  }

  #find(request: ScoreRequest): Begun | undefined {
    return this.#begun.find((begun) => isSameScoring(begun.request, request));
  }

  #begin(request: ScoreRequest): Begun {
    const giveUp = new AbortController();
    const result = this.#scorer.score(request, giveUp.signal);
    result.catch(() => undefined);
    return { request, result, giveUp };
  }
}
