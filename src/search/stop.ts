import { bootstrapDifference } from './bootstrap.js';
import type { Estimate } from '../statistics/estimate.js';
import type { SearchOptions } from './search-options.js';

/** Why a search ended. */
export interface Stop {
  readonly code: 'converged' | 'came-round' | 'max-rounds' | 'budget-unreachable';
  readonly text: string;
}

/** An architecture that was current at the beginning of a round. */
export interface Visit {
  readonly architectureHash: string;
  readonly round: number;
}

/** How CLIP has fared since the budget was first met. */
export interface Progress {
  /** Round and image scores of the last rise beyond the interval; at first, those of the first round in the budget. */
  readonly gainedInRound: number;
  readonly scores: readonly number[];
  /** Rounds since, none of which rose above those scores by more than the interval of the difference. */
  readonly stalledRounds: number;
}

/**
 * Progress with one more round within the budget.
 * @param before undefined at the first such round
 */
export function judgeProgress(
  before: Progress | null,
  round: number,
  scores: readonly number[],
  { seed }: Pick<SearchOptions, 'seed'>,
): Progress {
  const hasRisen = before === null || bootstrapDifference(scores, before.scores, { seed, round }).low > 0;
  if (hasRisen) return { gainedInRound: round, scores, stalledRounds: 0 };
  return { ...before, stalledRounds: before.stalledRounds + 1 };
}

/** Whether the search ends with this round's score, before anything is tried on it. */
export function stopAfterScore(
  progress: Progress | null,
  round: number,
  { patience, maxRounds }: Pick<SearchOptions, 'patience' | 'maxRounds'>,
): Stop | null {
  if (progress === null) return null;
  if (progress.stalledRounds >= patience) {
    const since = `round ${progress.gainedInRound}`;
    const text = `CLIP has not risen beyond its interval since ${since}, for ${countRounds(progress.stalledRounds)}`;
    return { code: 'converged', text };
  }
  return stopAfterAction(round, { maxRounds });
}

/** Whether the search ends with the round. */
export function stopAfterAction(round: number, { maxRounds }: Pick<SearchOptions, 'maxRounds'>): Stop | null {
  return round < maxRounds
    ? null
    : { code: 'max-rounds', text: `the search has had its ${countRounds(maxRounds)}` };
}

/** Whether going to that architecture would go in a circle. */
export function stopBeforeReturn(
  visits: readonly Visit[],
  progress: Progress | null,
  architectureHash: string,
): Stop | null {
  const last = visits.findLast((visit) => visit.architectureHash === architectureHash);
  if (last === undefined || progress === null || progress.gainedInRound > last.round) return null;
  const text = `the next step leads back to the architecture of round ${last.round}, with nothing gained since`;
  return { code: 'came-round', text };
}

/** The end for lack of anything left to remove. */
export function stopUnreachable(latencyMs: Estimate, budgetMs: number): Stop {
  const excess = `${latencyMs.value.toFixed(3)} ms, over the budget of ${budgetMs.toFixed(3)} ms`;
  return { code: 'budget-unreachable', text: `no block is left whose removal saves time at ${excess}` };
}

function countRounds(count: number): string {
  return count === 1 ? '1 round' : `${count} rounds`;
}
