import { hashArchitecture } from '../architecture/canonical-form.js';
import { beginRound } from './begin-round.js';
import { bootstrapMean } from './bootstrap.js';
import type { EventOf } from './event.js';
import { withRows } from './move.js';
import type { Move } from './move.js';
import { architectureRow } from './row-builders.js';
import { resolveBudgetMs } from './search-options.js';
import type { MeasuringBlocks, MeasuringOriginal, ScoringOriginal } from './state.js';

/** The original's own latency is known, and with it what a relative budget means. */
export function takeOriginalLatency(
  state: MeasuringOriginal,
  { latencyMs }: EventOf<'architecture-measured'>,
): Move {
  const row = architectureRow(state.original, null, {
    round: 0,
    role: 'original',
    weightsHash: state.weights,
    measuredLatencyMs: latencyMs,
  });
  return { state: { ...state, phase: 'measuring-blocks', latencyMs }, rows: { architectures: [row] } };
}

/** The latency table T is known. */
export function takeTable(
  state: MeasuringBlocks,
  { entries, calibration, skippedCalibration }: EventOf<'blocks-measured'>,
): Move {
  const { latencyMs, ...rest } = state;
  const budgetMs = resolveBudgetMs(state.options.budget, latencyMs.value);
  const known = {
    ...(calibration === undefined ? {} : { calibration }),
    ...(skippedCalibration === undefined ? {} : { skippedCalibration }),
  };
  const baseline = { latencyMs, budgetMs, table: entries, ...known };
  return { state: { ...rest, phase: 'scoring-original', baseline }, rows: {} };
}

/** The original's score, on the pretrained weights, is what all others are seen against; the first round begins. */
export function takeOriginalScore(state: ScoringOriginal, { scores }: EventOf<'scored'>): Move {
  const { baseline, original, options } = state;
  const architectureHash = hashArchitecture(original);
  const row = architectureRow(original, baseline, {
    round: 0,
    role: 'original',
    weightsHash: state.weights,
    measuredLatencyMs: baseline.latencyMs,
    clipScore: bootstrapMean(scores, { seed: options.seed, round: 0 }),
  });
  const first = beginRound({
    ...state,
    round: 1,
    current: { architecture: original, latencyMs: baseline.latencyMs },
    parentHash: null,
    best: null,
    progress: null,
    visits: [{ architectureHash, round: 1 }],
    measurements: [{ architectureHash, latencyMs: baseline.latencyMs }],
    actionCount: 0,
  });
  return withRows({ architectures: [row] }, first);
}
