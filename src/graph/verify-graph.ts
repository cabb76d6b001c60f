import { freeValues, nestedGraphs } from './free-values.js';
import { GraphError } from './graph-error.js';
import type { Graph, Node } from './graph.js';
import { describeType, inferTypes } from './shape-inference.js';
import type { TensorType, Value } from './value.js';

/**
 * Checks what every graph must satisfy: values made before they are used, unique names, types as inference gives them.
 * Throws {@link GraphError} naming the node.
 */
export function verifyGraph(graph: Graph): void {
  const stray = freeValues(graph)[0];
  if (stray !== undefined) throw new GraphError(`value ${stray.name} is used before it is made`, graph.name);
  verifyNames(graph, new Set());
}

function verifyNames(graph: Graph, taken: Set<string>): void {
  const claim = ({ name }: Value): void => {
    if (taken.has(name)) throw new GraphError(`two values are named ${name}`, graph.name);
    taken.add(name);
  };
  graph.inputs.forEach(claim);
  graph.initializers.forEach(({ value }) => {
    claim(value);
  });
  for (const node of graph.nodes) {
    verifyTypes(node);
    node.outputs.forEach(claim);
    for (const nested of nestedGraphs(node)) verifyNames(nested, taken);
  }
}

function verifyTypes(node: Node): void {
  const inferred = inferredTypes(node);
  node.outputs.forEach((output, i) => {
    const expected = inferred[i];
    if (expected === undefined || describeType(expected) !== describeType(output)) {
      throw new GraphError(`output ${i} is ${describeType(output)}`, node.name);
    }
  });
}

function inferredTypes(node: Node): TensorType[] {
  try {
    return inferTypes(node.op, node.inputs, node.attributes);
  } catch (error) {
    if (error instanceof GraphError) throw new GraphError(error.message, node.name);
    throw error;
  }
}
