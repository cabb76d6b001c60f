import { isCopyable, presentBlocks } from '../architecture/architecture.js';
import { judgeAdditions } from './addition-race.js';
import { actionKey, racing, type Candidate } from './candidate.js';
import { CLOCK_TICK_MS } from './latency-table.js';
import { proposeRemovals } from './proposal.js';
import { judgeRace, type RaceEnd, type RaceRules, type RaceVerdict } from './race.js';
import { mostValuable, rankRemovals } from './ranking.js';
import type { SearchOptions } from './search-options.js';
import { isBudgetMet, type ScoringCandidates } from './state.js';

/** Captions that candidates are scored by before the race is looked at for the first time. */
export function firstTarget({ pass, racing: { firstCaptions }, captionCount }: SearchOptions): number {
  return pass === 'full' ? captionCount : Math.min(firstCaptions, captionCount);
}

/**
 * What is known once all that are in the race are scored by as many captions: some are dropped, and the race is over when it is
 * decided or the captions are used up; otherwise those left go on to twice as many.
 */
export function lookAtRace(state: ScoringCandidates): ScoringCandidates {
  const { captionTarget, options } = state;
  const { dropped, isDecided } = captionTarget < options.captionCount ? verdictOf(state) : atTheEnd;
  const candidates = state.candidates.map((candidate): Candidate => {
    if (candidate.standing !== 'racing' || candidate.excluded !== null) return candidate;
    if (dropped.includes(actionKey(candidate.action))) return { ...candidate, standing: 'dropped' };
    return isDecided || candidate.action.type === 'copy' ? { ...candidate, standing: 'settled' } : candidate;
  });
  return { ...state, candidates, captionTarget: Math.min(2 * captionTarget, options.captionCount) };
}

/** The most valuable blocks that can be copied, as far as the removals' scores tell; as many as are to be tried. */
export function blocksToCopy({ candidates, current, options }: ScoringCandidates): readonly string[] {
  const copyable = new Set(
    presentBlocks(current.architecture)
      .filter(isCopyable)
      .map(({ id }) => id),
  );
  const removals = candidates.filter(({ action }) => action.type === 'remove');
  return mostValuable(rankRemovals(removals, options.scoring))
    .map(({ action }) => action.block)
    .filter((block) => copyable.has(block))
    .slice(0, options.copyCandidates);
}

const atTheEnd: RaceVerdict = { dropped: [], isDecided: true };

function verdictOf(state: ScoringCandidates): RaceVerdict {
  const { options, race } = state;
  const rules = { ...options.racing, looks: looksOf(options) };
  return race === 'removals' ? judgeRemovals(state, rules) : judgeAdditions(state, rules);
}

function judgeRemovals(state: ScoringCandidates, rules: Omit<RaceRules, 'entrants'>): RaceVerdict {
  const { currentScore, candidates } = state;
  const entrants = candidates.filter(({ excluded }) => excluded === null).length;
  const arms = racing(candidates).map(({ action, scores, savingMs }) => ({
    name: actionKey(action),
    losses: scores.map((score, index) => (currentScore.scores[index] ?? Number.NaN) - score),
    savingMs: Math.max(savingMs.value, CLOCK_TICK_MS),
  }));
  return judgeRace(arms, [removalEnd(state)], { ...rules, entrants });
}

/** Above the budget, those that would be removed; within it, the one that would pay for an addition, and those that would be copied. */
function removalEnd(state: ScoringCandidates): RaceEnd {
  const { candidates, options, current, baseline } = state;
  const ranking = rankRemovals(racing(candidates), options.scoring);
  const leaders = (blocks: readonly string[]): string[] =>
    blocks.map((block) => actionKey({ type: 'remove', block }));
  const lowest = (blocks: readonly string[]): RaceEnd => ({
    first: 'lowest',
    leaders: leaders(blocks),
    ignoresGains: options.scoring === 'snapevo',
  });
  if (!isBudgetMet(state)) {
    const excessMs = current.latencyMs.value - baseline.budgetMs;
    const [proposal] = proposeRemovals(ranking, excessMs, options.groupSize);
    return lowest((proposal?.actions ?? []).map(({ block }) => block));
  }
  const payer = ranking.filter(({ rank }) => rank !== null).slice(0, 1);
  return lowest(payer.map(({ action }) => action.block));
}

/** Looks at the race before the captions are used up. */
function looksOf({ racing: { firstCaptions }, captionCount }: SearchOptions): number {
  return Math.max(1, Math.ceil(Math.log2(captionCount / firstCaptions)));
}
