import type { Scorer, ScoreRequest, ScoreResult } from './ports.js';
import { isSameScoring } from './same-scoring.js';

interface Begun {
  readonly request: ScoreRequest;
  readonly result: Promise<ScoreResult>;
  readonly giveUp: AbortController;
}

/**
 * A scorer that is told what it will be asked next and begins with that, so that the device has work while results are stored. A result
 * depends on its request alone: begun earlier, it is the same.
 */
export class ScoringAhead implements Scorer {
  readonly #scorer: Scorer;
  /** What nobody has asked for yet. */
  #begun: Begun | undefined;
  #isStopped = false;

  constructor(scorer: Scorer) {
    this.#scorer = scorer;
  }

  async score(request: ScoreRequest): Promise<ScoreResult> {
    const begun = this.#begun;
    if (begun === undefined || !isSameScoring(begun.request, request)) return this.#scorer.score(request);
    this.#begun = undefined;
    return begun.result;
  }

  /** Does nothing while something begun is not asked for yet. What fails is told to whoever asks for the result. */
  begin(request: ScoreRequest): void {
    if (this.#isStopped || this.#begun !== undefined) return;
    const giveUp = new AbortController();
    const result = this.#scorer.score(request, giveUp.signal);
    result.catch(() => undefined);
    this.#begun = { request, result, giveUp };
  }

  /** Gives up what nobody has asked for, and begins nothing any more; resolves once the scorer has let go. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#begun?.giveUp.abort();
    await Promise.allSettled([this.#begun?.result]);
  }
}
