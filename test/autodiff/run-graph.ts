import type { Graph } from '../../src/graph/graph.js';
import { verifyGraph } from '../../src/graph/verify-graph.js';
import { serializeModel } from '../../src/onnx/serialize-model.js';
import { parseDevice } from '../../src/runtime/device.js';
import { Session } from '../../src/runtime/session.js';
import type { Tensor, Tensors } from '../../src/runtime/tensor.js';

/** Runs a graph on given inputs, wholly or for some outputs. */
export type RunGraph = (feeds: Tensors, fetches?: readonly string[]) => Promise<Tensors>;

/** Verifies a graph and lends a session on it. */
export async function withSession<T>(graph: Graph, use: (run: RunGraph) => Promise<T>): Promise<T> {
  verifyGraph(graph);
  const session = await Session.create(serializeModel(graph), parseDevice('cpu', 1));
  try {
    return await use((feeds, fetches) => session.run(feeds, fetches));
  } finally {
    await session.release();
  }
}

/** Elements of an output. */
export function elements(tensors: Tensors, name: string): number[] {
  const tensor: Tensor | undefined = tensors[name];
  if (tensor === undefined) throw new Error(`no output ${name}`);
  return Array.from(tensor.data, Number);
}
