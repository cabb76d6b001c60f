import { SnapEvoError } from '../errors/snapevo-error.js';
import { expectEvent } from './check-event.js';
import type { Effect } from './effect.js';
import type { EventOf, SearchEvent } from './event.js';
import { takeFinalLatency, takeFinalScore, takeFineTuning } from './finale.js';
import type { Move } from './move.js';
import { takeCandidateScore, takeCurrentScore, takeTraining } from './round.js';
import type { PhaseStates, SearchState } from './state.js';
import { takeOriginalLatency, takeOriginalScore, takeTable } from './survey.js';
import { takeProposalLatency, takeProposalScore } from './weighing.js';
import { openWork } from './work.js';

/** What follows from an event. */
export interface Transition {
  readonly state: SearchState;
  /** Rows to store with the event and the state, in one transaction; then work to do. */
  readonly effects: readonly Effect[];
}

type Rule<P extends SearchState['phase']> = (state: PhaseStates[P], event: SearchEvent) => Move;

/** SnapFusion's Algorithm 1, in its order: what each phase waits for, and what it makes of it. */
const ALGORITHM: { readonly [P in SearchState['phase']]: Rule<P> } = {
  // Require: a pretrained UNet, a validation set, the latency lookup table T, the latency objective S.
  'measuring-original': on('architecture-measured', takeOriginalLatency),
  'measuring-blocks': on('blocks-measured', takeTable),
  'scoring-original': on('scored', takeOriginalScore),

  // While not converged: perform robust training. Then, each round being an evolving iteration:
  training: on('trained', takeTraining),

  // For each block: dCLIP by evaluating its removal online, dLatency from T.
  'scoring-current': on('scored', takeCurrentScore),
  'scoring-candidates': on('scored', takeCandidateScore),

  // Sort the actions by dCLIP / dLatency. S not met: remove the smallest. Otherwise: add by the largest. Evolve.
  'scoring-proposal': on('scored', takeProposalScore),
  'measuring-proposal': on('architecture-measured', takeProposalLatency),

  // Converged: train the final architecture without skipping.
  'fine-tuning': on('trained', takeFineTuning),
  'scoring-final': on('scored', takeFinalScore),
  'measuring-final': on('architecture-measured', takeFinalLatency),
  done: refuse,
};

/**
 * Algorithm 1 as a pure function: where the search stands after what has happened, and what to do next. The same state
 * and event give the same transition, in any process at any time.
 * @throws SnapEvoError `SEARCH_EVENT_UNEXPECTED`, `SEARCH_RESULT_INVALID` for events that answer no open work
 */
export function step(state: SearchState, event: SearchEvent): Transition {
  const { state: next, rows } =
    event.type === 'failed'
      ? noteFailure(state, event)
      : follow(state.phase, { ...state, failure: null }, event);
  return { state: next, effects: [{ type: 'record', rows }, ...openWork(next)] };
}

function follow<P extends SearchState['phase']>(phase: P, state: PhaseStates[P], event: SearchEvent): Move {
  return ALGORITHM[phase](state, event);
}

function on<T extends SearchEvent['type'], S extends SearchState>(
  type: T,
  take: (state: S, event: EventOf<T>) => Move,
): (state: S, event: SearchEvent) => Move {
  return (state, event) => take(state, expectEvent(state, event, type));
}

/** The work that failed stays open, so that it can be tried again. */
function noteFailure(state: SearchState, { work, code, message }: EventOf<'failed'>): Move {
  if (state.phase === 'done') return refuse(state);
  return { state: { ...state, failure: { work, code, message } }, rows: {} };
}

function refuse({ phase }: SearchState): never {
  throw new SnapEvoError({
    code: 'SEARCH_EVENT_UNEXPECTED',
    message: 'the search is over; nothing more can happen to it',
    where: `phase ${phase}`,
    fault: 'internal',
  });
}
