import { isCopyable, presentBlocks } from '../architecture/architecture.js';
import { judgeAdditions } from './addition-race.js';
import { actionKey, behindOthers, racing, type Candidate } from './candidate.js';
import { CLOCK_TICK_MS } from './latency-table.js';
import { proposeRemovals } from './proposal.js';
import { judgeRace, type RaceRules, type RaceVerdict } from './race.js';
import { mostValuable, rankRemovals } from './ranking.js';
import type { SearchOptions } from './search-options.js';
import { isBudgetMet, type ScoringCandidates } from './state.js';

/** Candidates at the start of their race: how many captions they are scored by before it is looked at for the first time. */
export function entered(candidates: readonly Candidate[], options: SearchOptions): Candidate[] {
  const [first = options.captionCount] = captionTargets(options);
  return candidates.map((candidate) =>
    candidate.excluded === null ? { ...candidate, captionTarget: first } : candidate,
  );
}

/**
 * What is known once all have been scored by as many captions as they were to be: some are dropped, those that decide the race go on, and once it is
 * decided, or nobody can be known better, all are settled.
 */
export function lookAtRace(state: ScoringCandidates): ScoringCandidates {
  const { dropped, advancing } = state.options.pass === 'full' ? decided : verdictOf(state);
  const candidates = state.candidates.map((candidate): Candidate => {
    const key = actionKey(candidate.action);
    if (advancing.includes(key)) return { ...candidate, captionTarget: nextTarget(candidate, state.options) };
    if (candidate.standing !== 'racing' || candidate.excluded !== null) return candidate;
    if (dropped.includes(key)) return { ...candidate, standing: 'dropped' };
    const isOver = advancing.length === 0 || candidate.action.type === 'copy';
    return isOver ? { ...candidate, standing: 'settled' } : candidate;
  });
  return { ...state, candidates };
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

const decided: RaceVerdict = { dropped: [], advancing: [] };

function verdictOf(state: ScoringCandidates): RaceVerdict {
  const { options, race } = state;
  const { captionCount, racing: settings } = options;
  const looks = Math.max(1, captionTargets(options).length - 1);
  const rules = { ...settings, captionCount, looks };
  if (race === 'removals') return judgeRemovals(state, rules);
  const { verdict, proposed } = judgeAdditions(state, rules);
  return levelled(verdict, state.candidates, proposed);
}

/** Once it is decided who is acted on, they are scored by as many captions as each other, before it is said who that is. */
function levelled(
  verdict: RaceVerdict,
  candidates: readonly Candidate[],
  proposed: readonly string[],
): RaceVerdict {
  if (verdict.advancing.length > 0) return verdict;
  const together = candidates.filter(({ action }) => proposed.includes(actionKey(action)));
  return { ...verdict, advancing: behindOthers(together).map(({ action }) => actionKey(action)) };
}

function judgeRemovals(state: ScoringCandidates, rules: Omit<RaceRules, 'entrants'>): RaceVerdict {
  const { currentScore, candidates, options } = state;
  const entrants = candidates.filter(({ excluded }) => excluded === null).length;
  const arms = racing(candidates).map(({ action, scores, savingMs }) => ({
    name: actionKey(action),
    losses: scores.map((score, index) => (currentScore.scores[index] ?? Number.NaN) - score),
    savingMs: Math.max(savingMs.value, CLOCK_TICK_MS),
  }));
  const leaders = leadersOf(state);
  const lead = { leaders, ignoresGains: options.scoring === 'snapevo' };
  return levelled(judgeRace(arms, lead, { ...rules, entrants }), candidates, leaders);
}

/** Above the budget, those that would be removed; within it, the one that would pay for an addition. */
function leadersOf(state: ScoringCandidates): string[] {
  const { candidates, options, current, baseline } = state;
  const ranking = rankRemovals(racing(candidates), options.scoring).filter(({ rank }) => rank !== null);
  if (isBudgetMet(state)) return ranking.slice(0, 1).map(({ action }) => actionKey(action));
  const excessMs = current.latencyMs.value - baseline.budgetMs;
  const [proposal] = proposeRemovals(ranking, excessMs, options.groupSize);
  return (proposal?.actions ?? []).map(actionKey);
}

/** How many captions a candidate can have been scored by: twice as many each time, up to all. */
function captionTargets({ pass, racing: { firstCaptions }, captionCount }: SearchOptions): number[] {
  const targets = [pass === 'full' ? captionCount : Math.min(firstCaptions, captionCount)];
  for (let last = targets[0] ?? 0; last < captionCount; targets.push(last)) {
    last = Math.min(2 * last, captionCount);
  }
  return targets;
}

function nextTarget({ captionTarget }: Candidate, options: SearchOptions): number {
  return captionTargets(options).find((target) => target > captionTarget) ?? options.captionCount;
}
