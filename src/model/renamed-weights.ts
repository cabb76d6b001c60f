import { LazyWeights } from './lazy-weights.js';
import type { Weights } from './parameters.js';

/**
 * Weights under other names, as a view: none is read before it is asked for.
 * @param formerNames by the new ones; names of which there is nothing are left out
 */
export function renamedWeights(
  weights: Weights,
  formerNames: Iterable<readonly [string, string | undefined]>,
): LazyWeights {
  const sources = new Map<string, () => Float32Array>();
  for (const [name, former] of formerNames) {
    if (former === undefined || !weights.has(former)) continue;
    sources.set(name, () => weights.get(former) ?? new Float32Array());
  }
  return new LazyWeights(sources);
}
