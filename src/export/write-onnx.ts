import { closeSync, fsyncSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { DataType, TensorData } from '../graph/data-type.js';
import type { ExternalData, Graph } from '../graph/graph.js';
import { elementCount } from '../graph/value.js';
import type { Weights } from '../model/parameters.js';
import { serializeModel } from '../onnx/serialize-model.js';
import { PendingElements } from './pending-parameters.js';
import { fillWeights } from './fill-weights.js';

/** Optimum's names. */
const modelFile = 'model.onnx';
const dataFile = 'model.onnx_data';

/** A protobuf message holds 2 GiB; below half of that weights travel in the model's own file. */
const maxBytesInModel = 2 ** 30;

/** Offsets that tensors begin at, so that a runtime can map them. */
const alignment = 4096;

/**
 * Writes a graph on pending parameters, with its weights, as `model.onnx`, and beside it `model.onnx_data` where they are too many for one file.
 * @param maxBytes weights of more bytes than this go into a file of their own
 * @throws as `fillWeights` does
 */
export function writeOnnx(folder: string, graph: Graph, weights: Weights, maxBytes = maxBytesInModel): void {
  mkdirSync(folder, { recursive: true });
  const filled =
    weightBytes(graph) <= maxBytes
      ? fillWeights(graph, weights, (elements) => elements)
      : withDataFile(join(folder, dataFile), (place) => fillWeights(graph, weights, place));
  writeFileSync(join(folder, modelFile), serializeModel(filled), { flush: true });
}

const elementBytes: Partial<Readonly<Record<DataType, number>>> = { float16: 2, int8: 1 };

function weightBytes(graph: Graph): number {
  return graph.initializers
    .filter(({ data }) => data instanceof PendingElements)
    .reduce((sum, { value: { dtype, shape } }) => sum + elementCount(shape) * (elementBytes[dtype] ?? 4), 0);
}

function withDataFile(path: string, use: (place: (elements: TensorData) => ExternalData) => Graph): Graph {
  const descriptor = openSync(path, 'w');
  let end = 0;
  const place = (elements: TensorData): ExternalData => {
    const offset = Math.ceil(end / alignment) * alignment;
    const bytes = new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
    for (let done = 0; done < bytes.length;) {
      done += writeSync(descriptor, bytes, done, Math.min(bytes.length - done, 2 ** 30), offset + done);
    }
    end = offset + bytes.length;
    return { location: dataFile, offset, length: bytes.length };
  };
  try {
    const graph = use(place);
    fsyncSync(descriptor);
    return graph;
  } finally {
    closeSync(descriptor);
  }
}
