import { z } from 'zod';
import { optimizationStages, type OptimizationStage } from '../../config/optimize-config.js';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { checkShape } from '../../files/check-shape.js';
import type { EventCommit } from '../../store/search-records.js';
import type { Store } from '../../store/store.js';

/** Where an optimization stands. */
export interface OptimizationState {
  /** Id of the search that evolves the UNet; null until it is begun. */
  readonly search: string | null;
  readonly done: readonly OptimizationStage[];
}

/** A stage is begun each time that it is worked on: once more after every interruption or lost worker. */
export type OptimizationEvent =
  | { readonly type: 'search-begun'; readonly search: string }
  | { readonly type: 'stage-begun' | 'stage-done'; readonly stage: OptimizationStage };

const schema = z.strictObject({
  search: z.string().nullable(),
  done: z.array(z.enum(optimizationStages)),
});

/** Throws SnapEvoError `RUN_STATE_UNREADABLE`. */
export function readOptimizationState(store: Pick<Store, 'readState'>, runId: string): OptimizationState {
  const state = findOptimizationState(store, runId);
  if (state !== undefined) return state;
  throw new SnapEvoError({
    code: 'RUN_STATE_UNREADABLE',
    message: 'expected the state of an optimization, found something else',
    where: runId,
    hint: 'Use the SnapEvo that started the run.',
  });
}

/** As {@link readOptimizationState}, for those who can do without; undefined where it has another layout. */
export function findOptimizationState(
  store: Pick<Store, 'readState'>,
  runId: string,
): OptimizationState | undefined {
  const stored = store.readState(runId);
  if (stored === undefined) return { search: null, done: [] };
  return checkShape(schema, stored.state).data;
}

/** What happened to an optimization, and where it stands then, to be stored. */
export function optimizationCommit(
  store: Pick<Store, 'readState'>,
  runId: string,
  event: OptimizationEvent,
): EventCommit {
  return { event, state: stateAfter(readOptimizationState(store, runId), event) };
}

/** Stores what happened to an optimization, and where it stands then. */
export function recordOptimization(
  store: Pick<Store, 'readState' | 'appendEvent'>,
  runId: string,
  event: OptimizationEvent,
): void {
  store.appendEvent(runId, optimizationCommit(store, runId, event));
}

function stateAfter(state: OptimizationState, event: OptimizationEvent): OptimizationState {
  switch (event.type) {
    case 'search-begun':
      return { ...state, search: event.search };
    case 'stage-begun':
      return state;
    case 'stage-done':
      return { ...state, done: [...state.done, event.stage] };
  }
}
