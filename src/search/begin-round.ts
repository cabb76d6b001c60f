import { hashArchitecture } from '../architecture/canonical-form.js';
import type { Move } from './move.js';
import { currentRow, roundRow } from './row-builders.js';
import type { Evolution, Measured } from './state.js';

/** The next round, on the same architecture. */
export function beginRound(state: Evolution): Move {
  const next = evolutionOf(state);
  return {
    state: { ...next, phase: 'training', stepsDone: 0 },
    rows: { rounds: [roundRow(next, null, null)], architectures: [currentRow(next, null)] },
  };
}

/** The evolution after an action: another architecture is current, from the next round on. */
export function evolved(state: Evolution, current: Measured, actionRowCount: number): Evolution {
  const round = state.round + 1;
  const architectureHash = hashArchitecture(current.architecture);
  return {
    ...evolutionOf(state),
    round,
    current,
    parentHash: hashArchitecture(state.current.architecture),
    visits: [...state.visits, { architectureHash, round }],
    actionCount: state.actionCount + actionRowCount,
  };
}

/** What lasts from round to round, without what belongs to a phase. */
function evolutionOf(state: Evolution): Evolution {
  return {
    version: state.version,
    options: state.options,
    original: state.original,
    weights: state.weights,
    trainedSteps: state.trainedSteps,
    failure: state.failure,
    baseline: state.baseline,
    round: state.round,
    current: state.current,
    parentHash: state.parentHash,
    best: state.best,
    progress: state.progress,
    visits: state.visits,
    measurements: state.measurements,
    actionCount: state.actionCount,
  };
}
