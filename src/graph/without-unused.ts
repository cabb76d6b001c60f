import { nodesBehind } from './copy-nodes.js';
import { valuesRead } from './free-values.js';
import type { Graph } from './graph.js';

/** The graph without nodes and constants that none of its outputs needs. Inputs stay. */
export function withoutUnused(graph: Graph): Graph {
  const nodes = nodesBehind(graph.nodes, graph.outputs);
  const used = new Set([...nodes.flatMap(valuesRead), ...graph.outputs]);
  return { ...graph, nodes, initializers: graph.initializers.filter(({ value }) => used.has(value)) };
}
