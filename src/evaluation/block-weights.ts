import { int8Blocks, type Architecture } from '../architecture/architecture.js';
import type { TensorData } from '../graph/data-type.js';
import type { ExternalData, Graph } from '../graph/graph.js';
import { deriveFrom, quantizeWeights } from '../graph/quantize-weights.js';
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

/**
 * A graph on {@link blockWeights}, with those of the architecture's blocks of int8 as such.
 * @throws SnapEvoError `QUANTIZE_NOT_FINITE`
 */
export function withInt8Blocks(graph: Graph, architecture: Architecture, weights: Weights): Graph {
  const find = namesInWeights(weights, architecture);
  const derive = deriveFrom((name) => weights.get(find(name) ?? ''));
  return quantizeWeights(graph, int8Blocks(architecture), derive);
}
