import { isReduction } from '../architecture/action.js';
import { isCopyable, presentBlocks } from '../architecture/architecture.js';
import { judgeAdditions } from './addition-race.js';
import {
  actionKey,
  behindOthers,
  isLastResort,
  racing,
  type Candidate,
  type CandidateScore,
} from './candidate.js';
import { lossesOf } from './compare-scores.js';
import { proposeRemovals } from './proposal.js';
import { meanInterval } from './mean-interval.js';
import { DECIDED, judgeHarmless, judgeRace, type Bounds, type RaceVerdict } from './race.js';
import { mostValuable, rankRemovals } from './ranking.js';
import type { SearchOptions } from './search-options.js';
import { isBudgetMet, type ScoringCandidates } from './state.js';
import { boundWorstLoss } from './worst-loss.js';

/** Candidates at the start of their race: how many captions they are scored by before it is looked at for the first time. */
export function entered(candidates: readonly Candidate[], options: SearchOptions): Candidate[] {
  const [first = options.captionCount] = captionTargets(options);
  return candidates.map((candidate) =>
    candidate.excluded === null ? { ...candidate, captionTarget: first } : candidate,
  );
}

/**
 * What is known once all have been scored by as many captions as they were to be: some are dropped, those that decide the race go on, and once it is
 * decided, or nobody can be known better, all are settled. Who is dropped may change who is acted on (of additions, it does), so that nothing is decided by the same look.
 */
export function lookAtRace(state: ScoringCandidates): ScoringCandidates {
  const { dropped, advancing } = state.options.pass === 'full' ? DECIDED : verdictOf(state);
  const falling = new Set(
    racing(state.candidates).filter(({ action }) => dropped.includes(actionKey(action))),
  );
  const isDecided = advancing.length === 0 && falling.size === 0;
  const candidates = state.candidates.map((candidate): Candidate => {
    if (advancing.includes(actionKey(candidate.action))) {
      return { ...candidate, captionTarget: nextTarget(candidate, state.options) };
    }
    if (candidate.standing !== 'racing' || candidate.excluded !== null) return candidate;
    if (falling.has(candidate)) return { ...candidate, standing: 'dropped' };
    return isDecided || candidate.action.type === 'copy' ? { ...candidate, standing: 'settled' } : candidate;
  });
  const looked = { ...state, candidates };
  return advancing.length === 0 && falling.size > 0 ? lookAtRace(looked) : looked;
}

/** The most valuable blocks that can be copied, as far as the removals' scores tell; as many as are to be tried. */
export function blocksToCopy({ candidates, current, options }: ScoringCandidates): readonly string[] {
  const copyable = new Set(
    presentBlocks(current.architecture)
      .filter(isCopyable)
      .map(({ id }) => id),
  );
  const removals = candidates.filter(({ action }) => action.type === 'remove');
  return mostValuable(rankRemovals(removals, options))
    .map(({ action }) => action.block)
    .filter((block) => copyable.has(block))
    .slice(0, options.copyCandidates);
}

/** What a removal loses at worst by a full pass, as far as the captions tell that it was scored by so far. */
export function worstLossOf(
  state: ScoringCandidates,
  scores: readonly number[],
  { deltaClip }: CandidateScore,
): Bounds {
  const { captionCount } = state.options;
  return boundWorstLoss(lossesOf(state, scores), deltaClip, { captionCount, tail: tailOfRemovals(state) });
}

function verdictOf(state: ScoringCandidates): RaceVerdict {
  if (state.race === 'removals') return judgeRemovals(state);
  const { verdict, proposed } = judgeAdditions(state, (entrants) => tailOf(state.options, entrants));
  return levelled(verdict, state.candidates, proposed);
}

/**
 * Share of the error at each end of a bound. A wrong end of a race needs the lower bound of a candidate to fail that belongs among those acted on, or the
 * upper bound of one that doesn't: one side of each. So the error is split among candidates and looks (Bonferroni), and holds however
 * often the race is looked at.
 */
function tailOf(options: SearchOptions, entrants: number): number {
  const looks = Math.max(1, captionTargets(options).length - 1);
  return Math.min(0.5, (1 - options.racing.confidence) / (looks * Math.max(1, entrants)));
}

function tailOfRemovals({ candidates, options }: ScoringCandidates): number {
  const entrants = candidates.filter(({ action, excluded }) => isReduction(action) && excluded === null);
  return tailOf(options, entrants.length);
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

/** Last resorts don't race: they have no saving to hold a loss against. */
function judgeRemovals(state: ScoringCandidates): RaceVerdict {
  const { candidates, options } = state;
  const isLiteral = options.scoring === 'literal';
  const tail = tailOfRemovals(state);
  const lossOf = ({ scores, worstLoss }: Candidate): Bounds =>
    (isLiteral ? null : worstLoss) ?? meanInterval(lossesOf(state, scores), tail, options.captionCount);
  const entrants = racing(candidates).filter((candidate) => !isLastResort(candidate));
  const arms = entrants.map((candidate) => ({
    name: actionKey(candidate.action),
    loss: lossOf(candidate),
    savingMs: candidate.savingMs.value,
  }));
  const leaders = leadersOf(state);
  const judge = isLiteral ? judgeRace : judgeHarmless;
  return levelled(judge(arms, leaders, options.lossTolerance), candidates, leaders);
}

/** Above the budget, those that would be removed; within it, the one that would pay for an addition. */
function leadersOf(state: ScoringCandidates): string[] {
  const { candidates, options, current, baseline } = state;
  const ranking = rankRemovals(racing(candidates), options).filter(({ rank }) => rank !== null);
  if (isBudgetMet(state)) return ranking.slice(0, 1).map(({ action }) => actionKey(action));
  const excessMs = current.latencyMs.value - baseline.budgetMs;
  const [proposal] = proposeRemovals(ranking, excessMs, options.groupSize);
  return (proposal?.actions ?? []).map(actionKey);
}

/** How many captions a candidate can have been scored by: about half as many again each time, in whole multiples of the first, up to all. */
function captionTargets({ pass, racing: { firstCaptions }, captionCount }: SearchOptions): number[] {
  const first = pass === 'full' ? captionCount : Math.min(firstCaptions, captionCount);
  const targets = [first];
  for (let last = first; last < captionCount; targets.push(last)) {
    last = Math.min(first * Math.ceil((1.5 * last) / first), captionCount);
  }
  return targets;
}

function nextTarget({ captionTarget }: Candidate, options: SearchOptions): number {
  return captionTargets(options).find((target) => target > captionTarget) ?? options.captionCount;
}
