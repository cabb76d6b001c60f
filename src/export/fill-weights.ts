import type { Graph, Initializer } from '../graph/graph.js';
import { SnapEvoError } from '../errors/snapevo-error.js';
import type { TensorData } from '../graph/data-type.js';
import type { Weights } from '../model/parameters.js';
import { PendingElements } from './pending-parameters.js';

/** Where the elements of a parameter go: into the graph's own bytes, or somewhere else that the graph then refers to. */
export type PlaceElements = (elements: TensorData) => Initializer['data'];

/** A graph on `pendingParameters`, with its weights. Throws SnapEvoError `WEIGHTS_MISMATCH`, `EXPORT_OVERFLOW`, `QUANTIZE_NOT_FINITE`. */
export function fillWeights(graph: Graph, weights: Weights, place: PlaceElements): Graph {
  const initializers = graph.initializers.map((each) =>
    each.data instanceof PendingElements ? { ...each, data: place(elementsOf(each.data, weights)) } : each,
  );
  return { ...graph, initializers };
}

function elementsOf({ parameter, derive }: PendingElements, weights: Weights): TensorData {
  const data = weights.get(parameter);
  if (data !== undefined) return derive(data);
  throw new SnapEvoError({
    code: 'WEIGHTS_MISMATCH',
    message: 'a parameter of the model has no weight to write',
    where: parameter,
    fault: 'internal',
  });
}
