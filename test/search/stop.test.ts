import { describe, expect, it } from 'vitest';
import { judgeProgress, stopAfterScore, stopBeforeReturn } from '../../src/search/stop.js';
import type { Progress } from '../../src/search/stop.js';

const SEED = { seed: 1 };
const flat = (score: number): number[] =>
  Array.from({ length: 20 }, (_, index) => score + 0.01 * (index % 5));
const noisy = (score: number): number[] =>
  flat(score).map((each, index) => each + (index % 2 === 0 ? 0.1 : -0.1));

function judge(rounds: readonly (readonly number[])[]): Progress | null {
  return rounds.reduce<Progress | null>(
    (before, scores, index) => judgeProgress(before, index + 1, scores, SEED),
    null,
  );
}

describe('progress', () => {
  it('is made by a rise beyond the interval', () => {
    expect(judge([flat(0.3), flat(0.31)])).toMatchObject({ gainedInRound: 2, stalledRounds: 0 });
  });

  it('is not made by a rise within it, nor by a fall', () => {
    expect(judge([flat(0.3), noisy(0.301), flat(0.2)])).toMatchObject({ gainedInRound: 1, stalledRounds: 2 });
  });

  it('is measured from the last rise, so that small steps add up', () => {
    const creep = [0.3, 0.32, 0.34, 0.36, 0.38].map((score, index) =>
      index === 0 ? flat(score) : noisy(score),
    );
    expect(judge(creep.slice(0, 2))?.stalledRounds).toBe(1);
    expect(judge(creep)).toMatchObject({ stalledRounds: 0 });
  });
});

describe('the search stops', () => {
  const rules = { patience: 2, maxRounds: 9 };

  it('after `patience` rounds without progress, and not before', () => {
    const at = (stalledRounds: number): string | undefined =>
      stopAfterScore({ gainedInRound: 3, scores: [], stalledRounds }, 5, rules)?.code;
    expect([at(0), at(1), at(2)]).toEqual([undefined, undefined, 'converged']);
  });

  it('in the last round, when it is within the budget', () => {
    const progress = { gainedInRound: 3, scores: [], stalledRounds: 0 };
    expect(stopAfterScore(progress, 9, rules)?.code).toBe('max-rounds');
    expect(stopAfterScore(null, 9, rules)).toBeNull();
  });

  it('when an architecture comes round again with nothing gained', () => {
    const visits = [
      { architectureHash: 'a', round: 4 },
      { architectureHash: 'b', round: 5 },
    ];
    const gainedIn = (round: number): Progress => ({ gainedInRound: round, scores: [], stalledRounds: 1 });
    expect(stopBeforeReturn(visits, gainedIn(4), 'a')?.code).toBe('came-round');
    expect(stopBeforeReturn(visits, gainedIn(5), 'a')).toBeNull();
    expect(stopBeforeReturn(visits, gainedIn(4), 'c')).toBeNull();
    expect(stopBeforeReturn(visits, null, 'a')).toBeNull();
  });
});
