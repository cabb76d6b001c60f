import type { SearchState } from '../../search/state.js';

/** References of the weights without which a state cannot be gone on from; all others may be deleted. */
export function neededWeights(state: SearchState): ReadonlySet<string> {
  const best = 'best' in state ? state.best : null;
  return new Set(best === null ? [state.weights] : [state.weights, best.weights]);
}
