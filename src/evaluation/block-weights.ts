import type { Architecture } from '../architecture/architecture.js';
import type { TensorData } from '../graph/data-type.js';
import type { ExternalData } from '../graph/graph.js';
import { findWeight, type Weights } from '../model/parameters.js';
import { namesInWeights } from '../model/source-names.js';

/** Looks up parameters of an architecture: where weights hold none for a copied block, it runs on those of its source. */
export function blockWeights(
  weights: Weights,
  architecture: Architecture,
): (name: string) => TensorData | ExternalData | undefined {
  const find = namesInWeights(weights, architecture);
  return (name) => {
    const known = find(name);
    return known === undefined ? undefined : findWeight(weights, known);
  };
}
