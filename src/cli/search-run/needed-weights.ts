import type { SearchState } from '../../search/state.js';

/** References of the weights without which a state cannot be gone on from; all others may be deleted. */
export function neededWeights(state: SearchState): ReadonlySet<string> {
  const best = 'best' in state ? state.best : null;
  const chosen = 'chosen' in state && state.phase !== 'done' ? state.chosen : null;
  return new Set([state.weights, best?.weights, chosen?.weights].filter((weights) => weights !== undefined));
}
