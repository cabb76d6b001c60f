import { bootstrapDifference, bootstrapMean } from './bootstrap.js';
import type { EventOf } from './event.js';
import type { Move } from './move.js';
import { architectureRow, fineTuningRow, stopRow } from './row-builders.js';
import type {
  Chosen,
  Evolution,
  FineTuning,
  FineTuningResult,
  Finale,
  MeasuringFinal,
  ScoringFinal,
} from './state.js';
import type { Stop } from './stop.js';

/** Ends the rounds: the best architecture within the budget, or failing one the current, goes on to be fine-tuned. */
export function finish(state: Evolution, stop: Stop): Move {
  const { version, options, original, trainedSteps, failure, baseline, round } = state;
  const chosen = choose(state);
  const finale: Finale = {
    ...{ version, options, original, trainedSteps, failure, baseline, round, stop },
    weights: chosen.weights,
    actionCount: state.actionCount + 1,
    chosen,
  };
  const rows = { actions: [stopRow(state, finale)] };
  if (options.finetuneSteps === 0) return { state: { ...finale, phase: 'scoring-final' }, rows };
  return { state: { ...finale, phase: 'fine-tuning', stepsDone: 0 }, rows };
}

/** The final architecture has trained a unit further, without skipping. */
export function takeFineTuning(state: FineTuning, { steps, weights }: EventOf<'trained'>): Move {
  const { stepsDone: before, ...rest } = state;
  const stepsDone = before + steps;
  const trained = { ...rest, weights, trainedSteps: state.trainedSteps + steps };
  if (stepsDone < state.options.finetuneSteps) {
    return { state: { ...trained, phase: 'fine-tuning', stepsDone }, rows: {} };
  }
  return { state: { ...trained, phase: 'scoring-final' }, rows: {} };
}

/** The final CLIP score; fine-tuning that has not raised it is undone. */
export function takeFinalScore(state: ScoringFinal, { scores }: EventOf<'scored'>): Move {
  const { chosen, round, options } = state;
  const clip = bootstrapMean(scores, { seed: options.seed, round });
  const fineTuning = judgeFineTuning(state, scores);
  const undone = fineTuning?.kept === false ? chosen.score : null;
  const weights = undone === null ? state.weights : chosen.weights;
  return {
    state: { ...state, phase: 'measuring-final', weights, clip: undone?.clip ?? clip, fineTuning },
    rows: fineTuning === null ? {} : { actions: [fineTuningRow(state, fineTuning)] },
  };
}

/** The final latency: the search is over. */
export function takeFinalLatency(
  state: MeasuringFinal,
  { latencyMs }: EventOf<'architecture-measured'>,
): Move {
  const { chosen, baseline, clip, round, weights } = state;
  const row = architectureRow(chosen.architecture, baseline, {
    round,
    role: 'final',
    weightsHash: weights,
    measuredLatencyMs: latencyMs,
    clipScore: clip,
  });
  return {
    state: { ...state, phase: 'done', latencyMs, budgetMet: latencyMs.value <= baseline.budgetMs },
    rows: { architectures: [row] },
  };
}

function choose({ best, current, weights }: Evolution): Chosen {
  if (best === null) return { ...current, weights, score: null };
  const { architecture, latencyMs, clip, scores } = best;
  return { architecture, latencyMs, weights: best.weights, score: { clip, scores } };
}

/** Paired: both have scored the same captions from the same noise. */
function judgeFineTuning(
  { chosen, weights, options, round }: ScoringFinal,
  scores: readonly number[],
): FineTuningResult | null {
  if (chosen.score === null || weights === chosen.weights) return null;
  const gain = bootstrapDifference(scores, chosen.score.scores, { seed: options.seed, round });
  return { gain, kept: gain.value > 0 };
}
