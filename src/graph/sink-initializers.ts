import { freeValues, nestedGraphs, valuesRead } from './free-values.js';
import type { Graph, Initializer, Node } from './graph.js';
import type { Value } from './value.js';

/**
 * The graph with every constant in memory that only one branch of one `If` reads moved into that branch. The runtime rewrites a branch by its own
 * constants alone: it lays out a convolution's weights for its fastest kernel where they stand beside it, and not where they are captured.
 */
export function sinkInitializers(graph: Graph): Graph {
  const movable = new Map(
    graph.initializers.filter(({ data }) => 'byteLength' in data).map((each) => [each.value, each] as const),
  );
  const readers = countReaders(graph);
  const sunk = new Set<Value>();
  const claim = (branch: Graph): Initializer[] =>
    freeValues(branch).flatMap((value) => {
      const initializer = movable.get(value);
      if (initializer === undefined || readers.get(value) !== 1) return [];
      sunk.add(value);
      return [initializer];
    });
  const nodes = graph.nodes.map((node) => withBranches(node, claim));
  return { ...graph, nodes, initializers: graph.initializers.filter(({ value }) => !sunk.has(value)) };
}

/** How many nodes, branches each counted by itself, and outputs of the graph read a value. */
function countReaders(graph: Graph): ReadonlyMap<Value, number> {
  const counts = new Map<Value, number>();
  const read = (values: readonly Value[]): void => {
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  };
  for (const node of graph.nodes) {
    if (node.op !== 'If') read(valuesRead(node));
    else
      [node.inputs.filter((input) => input !== undefined), ...nestedGraphs(node).map(freeValues)].forEach(
        read,
      );
  }
  read(graph.outputs);
  return counts;
}

function withBranches(node: Node, claim: (branch: Graph) => readonly Initializer[]): Node {
  if (node.op !== 'If') return node;
  const sink = (branch: Graph): Graph => ({
    ...branch,
    initializers: [...branch.initializers, ...claim(branch)],
  });
  const { thenBranch, elseBranch } = node.attributes;
  return { ...node, attributes: { thenBranch: sink(thenBranch), elseBranch: sink(elseBranch) } };
}
