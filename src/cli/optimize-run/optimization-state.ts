import { z } from 'zod';
import { optimizationStages, type OptimizationStage } from '../../config/optimize-config.js';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { checkShape } from '../../files/check-shape.js';
import type { Store } from '../../store/store.js';

/** Where an optimization stands. */
export interface OptimizationState {
  /** Id of the search that evolves the UNet; null until it is begun. */
  readonly search: string | null;
  readonly done: readonly OptimizationStage[];
}

type OptimizationEvent =
  | { readonly type: 'search-begun'; readonly search: string }
  | { readonly type: 'stage-done'; readonly stage: OptimizationStage };

const schema = z.strictObject({
  search: z.string().nullable(),
  done: z.array(z.enum(optimizationStages)),
});

/** Throws SnapEvoError `RUN_STATE_UNREADABLE`. */
export function readOptimizationState(store: Pick<Store, 'readState'>, runId: string): OptimizationState {
  const stored = store.readState(runId);
  if (stored === undefined) return { search: null, done: [] };
  const parsed = checkShape(schema, stored.state);
  if (parsed.success) return parsed.data;
  throw new SnapEvoError({
    code: 'RUN_STATE_UNREADABLE',
    message: 'expected the state of an optimization, found something else',
    where: runId,
    hint: 'Use the SnapEvo that started the run.',
  });
}

/** Stores what happened to an optimization, and where it stands then. */
export function recordOptimization(
  store: Pick<Store, 'readState' | 'appendEvent'>,
  runId: string,
  event: OptimizationEvent,
): void {
  store.appendEvent(runId, { event, state: stateAfter(readOptimizationState(store, runId), event) });
}

function stateAfter(state: OptimizationState, event: OptimizationEvent): OptimizationState {
  return event.type === 'search-begun'
    ? { ...state, search: event.search }
    : { ...state, done: [...state.done, event.stage] };
}
