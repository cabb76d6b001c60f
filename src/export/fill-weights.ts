import type { Graph, Initializer } from '../graph/graph.js';
import { SnapEvoError } from '../errors/snapevo-error.js';
import type { TensorData } from '../graph/data-type.js';
import { float32ToHalf } from '../onnx/safetensors-float.js';
import type { Weights } from '../model/parameters.js';
import { isUnfilled } from './any-size.js';

/** Where the elements of a parameter go: into the graph's own bytes, or somewhere else that the graph then refers to. */
export type PlaceElements = (elements: TensorData) => Initializer['data'];

/** A graph on `unfilledParameters`, with its weights. Throws SnapEvoError `WEIGHTS_MISMATCH`, `EXPORT_OVERFLOW`. */
export function fillWeights(graph: Graph, weights: Weights, place: PlaceElements): Graph {
  const initializers = graph.initializers.map((each) =>
    isUnfilled(each.data) ? { ...each, data: place(elementsOf(each, weights)) } : each,
  );
  return { ...graph, initializers };
}

function elementsOf({ value: { name, dtype } }: Initializer, weights: Weights): TensorData {
  const data = weights.get(name);
  if (data === undefined) {
    throw new SnapEvoError({
      code: 'WEIGHTS_MISMATCH',
      message: 'a parameter of the model has no weight to write',
      where: name,
      fault: 'internal',
    });
  }
  return dtype === 'float16' ? toHalf(data, name) : data;
}

function toHalf(data: Float32Array, name: string): Uint16Array {
  const bits = float32ToHalf(data);
  const overflow = bits.findIndex((half, i) => (half & 0x7fff) === 0x7c00 && Number.isFinite(data[i]));
  if (overflow < 0) return bits;
  throw new SnapEvoError({
    code: 'EXPORT_OVERFLOW',
    message: `expected a weight that fp16 can hold, found ${data[overflow] ?? 0}`,
    where: name,
    hint: 'Export as fp32.',
  });
}
