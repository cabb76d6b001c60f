import type { Architecture } from '../architecture/architecture.js';
import type { Weights } from '../model/parameters.js';
import { sourceNames } from '../model/source-names.js';

/** Looks up parameters of an architecture: where weights hold none for a copied block, it runs on those of its source. */
export function blockWeights(
  weights: Weights,
  architecture: Architecture,
): (name: string) => Float32Array | undefined {
  const inSource = sourceNames(architecture);
  const find = (name: string): Float32Array | undefined => {
    const own = weights.get(name);
    if (own !== undefined) return own;
    const source = inSource(name);
    return source === undefined ? undefined : find(source);
  };
  return find;
}
