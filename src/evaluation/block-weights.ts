import type { Architecture } from '../architecture/architecture.js';
import type { TensorData } from '../graph/data-type.js';
import type { ExternalData } from '../graph/graph.js';
import { findWeight, type Weights } from '../model/parameters.js';
import { sourceNames } from '../model/source-names.js';

/** Looks up parameters of an architecture: where weights hold none for a copied block, it runs on those of its source. */
export function blockWeights(
  weights: Weights,
  architecture: Architecture,
): (name: string) => TensorData | ExternalData | undefined {
  const inSource = sourceNames(architecture);
  const find = (name: string): TensorData | ExternalData | undefined => {
    const own = findWeight(weights, name);
    if (own !== undefined) return own;
    const source = inSource(name);
    return source === undefined ? undefined : find(source);
  };
  return find;
}
