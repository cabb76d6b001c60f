import { isReduction } from '../architecture/action.js';
import { applyAction } from '../architecture/architecture.js';
import { bootstrapMean } from './bootstrap.js';
import {
  copyCandidates,
  quantizeCandidates,
  removalCandidates,
  restoreCandidates,
  type Candidate,
} from './candidate.js';
import { compareScores } from './compare-scores.js';
import type { EventOf } from './event.js';
import { finish } from './finale.js';
import { withRows } from './move.js';
import type { Move } from './move.js';
import { blocksToCopy, entered, lookAtRace, worstLossOf } from './racing.js';
import { candidateArchitectureRow, currentRow, roundRow } from './row-builders.js';
import type { ArchitectureRow } from './search-rows.js';
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
      race: 'removals',
      candidates: entered(reductionCandidates(state), state.options),
    }),
  );
}

/** One candidate more is scored; after the last, the race is looked at, and once it is decided, the ranking is made. */
export function takeCandidateScore(state: ScoringCandidates, event: EventOf<'scored'>): Move {
  const rows: ArchitectureRow[] = [];
  const candidates = state.candidates.map((candidate) => {
    if (candidate.architectureHash !== event.architectureHash) return candidate;
    const scores = [...candidate.scores, ...event.scores];
    const score = compareScores(state, scores);
    const architecture = applyAction(state.current.architecture, candidate.action);
    rows.push(candidateArchitectureRow(state, architecture, { clipScore: score.clip }));
    const worstLoss = isReduction(candidate.action) ? worstLossOf(state, scores, score) : null;
    return { ...candidate, scores, score, worstLoss };
  });
  return withRows({ architectures: rows }, goOn({ ...state, candidates }));
}

/** Removals, and blocks on int8 where that may be. */
function reductionCandidates({ current, baseline, options }: Evolution): readonly Candidate[] {
  return [removalCandidates, quantizeCandidates].flatMap((make) =>
    make(current.architecture, baseline.table, options),
  );
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

function goOn(state: ScoringCandidates): Move {
  const looked = openWork(state).length > 0 ? state : lookAtRace(state);
  if (openWork(looked).length > 0) return { state: looked, rows: {} };
  if (isBudgetMet(looked) && looked.race === 'removals') return goOn(withAdditions(looked));
  return weigh(looked);
}

/** Within the budget, what was removed may come back, and what the removals' scores have shown to be worth most be copied. */
function withAdditions(state: ScoringCandidates): ScoringCandidates {
  const { candidates, current, baseline, options } = state;
  const restores =
    options.scoring === 'literal' ? [] : restoreCandidates(current.architecture, baseline.table, options);
  const copies = blocksToCopy(state).flatMap((block) =>
    copyCandidates(current.architecture, baseline.table, [block]),
  );
  return {
    ...state,
    race: 'additions',
    candidates: [...candidates, ...entered([...restores, ...copies], options)],
  };
}
