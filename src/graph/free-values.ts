import type { Graph, Node } from './graph.js';
import type { Value } from './value.js';

/** Graphs nested in a node: branches of an `If`, the body of a `Loop`. */
export function nestedGraphs(node: Node): readonly Graph[] {
  if (node.op === 'If') return [node.attributes.thenBranch, node.attributes.elseBranch];
  return node.op === 'Loop' ? [node.attributes.body] : [];
}

/** Values a node reads: its operands and what graphs nested in it capture from outside them. */
export function valuesRead(node: Node): Value[] {
  const operands = node.inputs.filter((input) => input !== undefined);
  return [...new Set([...operands, ...nestedGraphs(node).flatMap(freeValues)])];
}

/** Values a graph uses but does not make: what it captures from the graphs around it, in order of first use. */
export function freeValues(graph: Graph): Value[] {
  const known = new Set<Value>([...graph.inputs, ...graph.initializers.map(({ value }) => value)]);
  const free = new Set<Value>();
  const use = (value: Value): void => {
    if (!known.has(value)) free.add(value);
  };
  for (const node of graph.nodes) {
    valuesRead(node).forEach(use);
    for (const output of node.outputs) known.add(output);
  }
  graph.outputs.forEach(use);
  return [...free];
}
