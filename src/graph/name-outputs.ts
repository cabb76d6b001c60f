import type { Graph } from './graph.js';
import type { Value } from './value.js';

/** The graph with its outputs under names of one's own, which no other value may have; none may be an input or be listed twice. */
export function nameOutputs(graph: Graph, names: readonly string[]): Graph {
  const renamed = new Map(
    graph.outputs.map((value, i) => [value, { ...value, name: names[i] ?? value.name }]),
  );
  const now = (value: Value): Value => renamed.get(value) ?? value;
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map((input) => (input === undefined ? input : now(input))),
    outputs: node.outputs.map(now),
  }));
  const axes = new Map([...(graph.axes ?? [])].map(([value, each]) => [now(value), each]));
  return { ...graph, nodes, outputs: graph.outputs.map(now), axes };
}
