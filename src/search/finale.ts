import { bootstrapMean } from './bootstrap.js';
import type { EventOf } from './event.js';
import type { Move } from './move.js';
import { architectureRow, stopRow } from './row-builders.js';
import type { Evolution, FineTuning, Finale, MeasuringFinal, ScoringFinal } from './state.js';
import type { Stop } from './stop.js';

/** Ends the rounds: the best architecture within the budget, or failing one the current, goes on to be fine-tuned. */
export function finish(state: Evolution, stop: Stop): Move {
  const { best, current, baseline, round } = state;
  const { version, options, original, trainedSteps, failure } = state;
  const finale: Finale = {
    ...{ version, options, original, trainedSteps, failure, baseline, round, stop },
    weights: best?.weights ?? state.weights,
    actionCount: state.actionCount + 1,
    chosen: {
      architecture: (best ?? current).architecture,
      latencyMs: (best ?? current).latencyMs,
    },
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

/** The final CLIP score. */
export function takeFinalScore(state: ScoringFinal, { scores }: EventOf<'scored'>): Move {
  const clip = bootstrapMean(scores, { seed: state.options.seed, round: state.round });
  return { state: { ...state, phase: 'measuring-final', clip }, rows: {} };
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
