import { applyAction } from '../architecture/architecture.js';
import { bootstrapMean } from './bootstrap.js';
import { copyCandidates, removalCandidates, restoreCandidates } from './candidate.js';
import type { Candidate } from './candidate.js';
import { compareScores } from './compare-scores.js';
import type { EventOf } from './event.js';
import { finish } from './finale.js';
import { withRows } from './move.js';
import type { Move } from './move.js';
import { mostValuable, rankRemovals } from './ranking.js';
import { candidateArchitectureRow, currentRow, roundRow } from './row-builders.js';
import { isBudgetMet } from './state.js';
import type { Best, CurrentScore, Evolution, ScoringCandidates, ScoringCurrent, Training } from './state.js';
import { judgeProgress, stopAfterScore } from './stop.js';
import { weigh } from './weighing.js';
import { openWork } from './work.js';

/** Robust training has come a unit further; after the last, the round's scoring begins. */
export function takeTraining(state: Training, { steps, weights }: EventOf<'trained'>): Move {
  const { stepsDone: before, ...rest } = state;
  const stepsDone = before + steps;
  const trained = { ...rest, weights, trainedSteps: state.trainedSteps + steps };
  if (stepsDone < state.options.trainStepsPerRound) {
    return { state: { ...trained, phase: 'training', stepsDone }, rows: {} };
  }
  return {
    state: { ...trained, phase: 'scoring-current' },
    rows: { rounds: [roundRow(trained, weights, null)] },
  };
}

/** What the candidates are compared with is known; the search ends here, or goes on to score them. */
export function takeCurrentScore(before: ScoringCurrent, { scores }: EventOf<'scored'>): Move {
  const clip = bootstrapMean(scores, { seed: before.options.seed, round: before.round });
  const state = { ...before, ...standing(before, { clip, scores }) };
  const rows = { rounds: [roundRow(state, state.weights, clip)], architectures: [currentRow(state, clip)] };
  const stop = stopAfterScore(state.progress, state.round, state.options);
  if (stop !== null) return withRows(rows, finish(state, stop));
  return withRows(
    rows,
    goOn({
      ...state,
      phase: 'scoring-candidates',
      currentScore: { clip, scores },
      candidates: firstCandidates(state),
      copiesChosen: false,
    }),
  );
}

/** One candidate more is scored; after the last, the ranking is made. */
export function takeCandidateScore(state: ScoringCandidates, event: EventOf<'scored'>): Move {
  const score = compareScores(state, event.scores);
  const candidates = state.candidates.map((candidate) =>
    candidate.architectureHash === event.architectureHash ? { ...candidate, score } : candidate,
  );
  const rows = candidates
    .filter(({ architectureHash }) => architectureHash === event.architectureHash)
    .map(({ action }) => applyAction(state.current.architecture, action))
    .map((architecture) => candidateArchitectureRow(state, architecture, { clipScore: score.clip }));
  return withRows({ architectures: rows }, goOn({ ...state, candidates }));
}

/** Progress and the best architecture, which only one within the budget can change. */
function standing(state: Evolution, { clip, scores }: CurrentScore): Pick<Evolution, 'progress' | 'best'> {
  if (!isBudgetMet(state)) return state;
  const { best, current, round, weights } = state;
  const contender: Best = { ...current, round, weights, clip, scores };
  return {
    progress: judgeProgress(state.progress, round, scores, state.options),
    best: best === null || clip.value > best.clip.value ? contender : best,
  };
}

/** Removals; within the budget, what was removed may come back as well. */
function firstCandidates(state: Evolution): Candidate[] {
  const { options, baseline, current } = state;
  const removals = removalCandidates(current.architecture, baseline.table, options);
  if (!isBudgetMet(state) || options.scoring === 'literal') return removals;
  return [...removals, ...restoreCandidates(current.architecture, baseline.table, options)];
}

function goOn(state: ScoringCandidates): Move {
  if (openWork(state).length > 0) return { state, rows: {} };
  if (isBudgetMet(state) && !state.copiesChosen) return goOn(withCopies(state));
  return weigh(state);
}

/** Within the budget, copies of the blocks that their removals' scores have shown to be worth most. */
function withCopies(state: ScoringCandidates): ScoringCandidates {
  const { candidates, current, baseline, options } = state;
  const removals = candidates.filter(({ action }) => action.type === 'remove');
  const copyable = mostValuable(rankRemovals(removals, options.scoring)).flatMap(({ action }) =>
    copyCandidates(current.architecture, baseline.table, [action.block]),
  );
  const copies = copyable.slice(0, options.copyCandidates);
  return { ...state, candidates: [...candidates, ...copies], copiesChosen: true };
}
