import type { Graph, Node } from './graph.js';
import { elementCount, type Value } from './value.js';

/**
 * Multiply-accumulates of running a graph once: those of its convolutions and matrix products, attention's among them. What else there is (norms,
 * activations, additions) has none that grow with a layer's width squared, and is left out, as by `torch.utils.flop_counter`, which counts two operations
 * for each of these. Of an `If` the dearer branch counts, of a `Loop` every trip.
 */
export function countMacs({ nodes }: Graph): number {
  return nodes.reduce((total, node) => total + nodeMacs(node), 0);
}

function nodeMacs(node: Node): number {
  const outputs = elementCount(node.outputs[0]?.shape ?? [0]);
  switch (node.op) {
    case 'Conv':
      return outputs * elementCount(shapeOf(node.inputs[1]).slice(1));
    case 'ConvTranspose':
      return elementCount(shapeOf(node.inputs[0])) * elementCount(shapeOf(node.inputs[1]).slice(1));
    case 'MatMul':
      return outputs * (shapeOf(node.inputs[0]).at(-1) ?? 0);
    case 'Gemm':
      return outputs * (shapeOf(node.inputs[0])[node.attributes.transA ? 0 : 1] ?? 0);
    case 'If': {
      const { thenBranch, elseBranch } = node.attributes;
      return Math.max(countMacs(thenBranch), countMacs(elseBranch));
    }
    case 'Loop':
      return node.attributes.trips * countMacs(node.attributes.body);
    default:
      return 0;
  }
}

function shapeOf(value: Value | undefined): readonly number[] {
  return value?.shape ?? [0];
}
