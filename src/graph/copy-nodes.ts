import { nestedGraphs, valuesRead } from './free-values.js';
import type { GraphBuilder } from './graph-builder.js';
import { GraphError } from './graph-error.js';
import type { Graph, Node } from './graph.js';
import { nodeScope } from './node-scope.js';
import type { Value } from './value.js';

/** Values by what takes their place; one that is missing stands for itself. */
export type Substitution = Map<Value, Value>;

/** The nodes that some values are made by, as far as they are among `nodes`, in their order. */
export function nodesBehind(nodes: readonly Node[], values: Iterable<Value>): Node[] {
  const needed = new Set(values);
  const kept = nodes.toReversed().filter((node) => {
    if (!node.outputs.some((output) => needed.has(output))) return false;
    valuesRead(node).forEach((value) => needed.add(value));
    return true;
  });
  return kept.reverse();
}

/** Appends copies of nodes, reading what `substitution` names in place of values; their outputs are entered there. */
export function copyNodes(g: GraphBuilder, nodes: readonly Node[], substitution: Substitution): void {
  for (const node of nodes) {
    const inputs = node.inputs.map((input) => (input === undefined ? input : replaced(input, substitution)));
    const attributes = copyNested(g, node, substitution);
    const outputs = g.scope(nodeScope(node), () => g.addNode(node.op, inputs, attributes));
    node.outputs.forEach((output, i) => {
      const copy = outputs[i];
      if (copy !== undefined) substitution.set(output, copy);
    });
  }
}

const replaced = (value: Value, substitution: ReadonlyMap<Value, Value>): Value =>
  substitution.get(value) ?? value;

function copyNested(g: GraphBuilder, node: Node, substitution: Substitution): Node['attributes'] {
  if (nestedGraphs(node).length === 0) return node.attributes;
  if (node.op !== 'If') throw new GraphError(`a ${node.op} can't be copied`, node.name);
  const { thenBranch, elseBranch } = node.attributes;
  return {
    thenBranch: copyGraph(g.nested(), thenBranch, substitution),
    elseBranch: copyGraph(g.nested(), elseBranch, substitution),
  };
}

function copyGraph(g: GraphBuilder, graph: Graph, outer: Substitution): Graph {
  const substitution = new Map(outer);
  copyNodes(g, graph.nodes, substitution);
  return g.build(
    graph.name,
    graph.outputs.map((output) => replaced(output, substitution)),
  );
}
