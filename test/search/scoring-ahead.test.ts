import { describe, expect, it } from 'vitest';
import type { ScoreRequest, Scorer, ScoreResult } from '../../src/search/ports.js';
import { runSearch } from '../../src/search/run-search.js';
import { MemoryJournal, portsInto, search, start } from '../support/search-fakes.js';
import { calmWorld, simulatedScorer } from '../support/simulated-world.js';

const SHORT = { maxRounds: 3, groupSize: 3, patience: 1, budget: { ratioOfOriginal: 0.8 } };

/** Takes its time, and knows what it was asked for at once. */
class SlowScorer implements Scorer {
  readonly asked: string[] = [];
  readonly givenUp: string[] = [];
  most = 0;
  captionsAtATime = Number.POSITIVE_INFINITY;
  #underWay = 0;
  readonly #scorer = simulatedScorer(calmWorld);
  readonly #onAsked: (count: number) => void;

  constructor(onAsked: (count: number) => void = () => undefined) {
    this.#onAsked = onAsked;
  }

  async score(request: ScoreRequest, signal?: AbortSignal): Promise<ScoreResult> {
    const name = [request.architectureHash, request.weights, request.captions.from].join();
    this.asked.push(name);
    this.#onAsked(this.asked.length);
    this.#underWay++;
    this.most = Math.max(this.most, this.#underWay);
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
    this.#underWay--;
    if (signal?.aborted === true) {
      this.givenUp.push(name);
      throw signal.reason;
    }
    return this.#scorer.score(request);
  }
}

describe('scoring ahead', () => {
  it('has three scorings under way, asks for each once, and comes to the same', async () => {
    const whole = await search(calmWorld, SHORT);
    const journal = new MemoryJournal();
    const scorer = new SlowScorer();
    await runSearch({ ...portsInto(calmWorld, journal), scorer }, start(SHORT));
    expect(journal.entries).toEqual(whole.journal.entries);
    expect(scorer.most).toBe(3);
    const scored = whole.journal.entries.filter(({ event }) => event.type === 'scored');
    expect(scorer.asked).toHaveLength(scored.length);
    expect(scorer.givenUp).toEqual([]);
  });

  it('has two under way where a scoring is worked on bit by bit', async () => {
    const { options } = start(SHORT);
    const mostWith = async (captionsAtATime: number): Promise<number> => {
      const scorer = new SlowScorer();
      scorer.captionsAtATime = captionsAtATime;
      const ports = { ...portsInto(calmWorld, new MemoryJournal()), scorer };
      await runSearch(ports, start({ ...SHORT, pass: 'full' }));
      return scorer.most;
    };
    expect(await mostWith(options.captionCount)).toBe(3);
    expect(await mostWith(options.captionCount - 1)).toBe(2);
  });

  it('gives up what is not in hand when the search is interrupted, and stores what is', async () => {
    const journal = new MemoryJournal();
    const interruption = new AbortController();
    const scorer = new SlowScorer((count) => {
      if (count === 6) interruption.abort();
    });
    const ports = { ...portsInto(calmWorld, journal), scorer };
    const { outcome } = await runSearch(ports, start(SHORT), { signal: interruption.signal });
    expect(outcome).toBe('interrupted');
    expect(scorer.givenUp).toEqual(scorer.asked.slice(4));
    expect(journal.entries.filter(({ event }) => event.type === 'scored')).toHaveLength(4);
    const whole = await search(calmWorld, SHORT);
    const last = journal.lastState;
    if (last === undefined) throw new Error('expected a state');
    await runSearch(portsInto(calmWorld, journal), last);
    expect(journal.entries).toEqual(whole.journal.entries);
  });

  it('tells a failure when its turn has come, after what went well before', async () => {
    const journal = new MemoryJournal();
    const inner = simulatedScorer(calmWorld);
    let count = 0;
    const scorer: Scorer = {
      score: async (request) => {
        if (++count === 6) throw new Error('broken');
        for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
        return inner.score(request);
      },
    };
    await expect(runSearch({ ...portsInto(calmWorld, journal), scorer }, start(SHORT))).rejects.toThrow(
      'broken',
    );
    const events = journal.entries.map(({ event }) => event.type);
    expect(events.filter((type) => type === 'scored')).toHaveLength(5);
    expect(events.at(-1)).toBe('failed');
  });
});
