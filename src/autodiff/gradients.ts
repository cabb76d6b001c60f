import type { GraphBuilder } from '../graph/graph-builder.js';
import type { NodeOf } from '../graph/graph.js';
import type { Value } from '../graph/value.js';
import { differentiate } from './differentiate.js';
import type { ActivationMode } from './gradient-rule.js';

/** How gradients are built. */
export interface GradientOptions {
  /**
   * Whether the forward pass of an `If` saves what its gradient needs, or the backward pass computes it again: time for memory.
   * Recomputed unless told otherwise, and always in an `If` inside another's branch.
   */
  readonly activations?: (node: NodeOf<'If'>) => ActivationMode;
}

/**
 * Appends to a graph the gradients of a loss with respect to some of its values, going back over its nodes so far.
 * @param seeds gradients of the loss with respect to values of the graph, each of its value's type
 * @param wrt values whose gradients are wanted
 * @returns a gradient for every value of `wrt` that the seeds' values depend on, of that value's type
 * Throws `GRAPH_INVALID` naming an operation on the way that has no gradient.
 */
export function gradients(
  g: GraphBuilder,
  seeds: ReadonlyMap<Value, Value>,
  wrt: readonly Value[],
  { activations = () => 'recompute' }: GradientOptions = {},
): Map<Value, Value> {
  const found = differentiate({ g, nodes: [...g.nodes], seeds, wrt, activations });
  return new Map(
    wrt.flatMap((value) => {
      const gradient = found.get(value);
      return gradient === undefined ? [] : [[value, gradient] as const];
    }),
  );
}

/** {@link gradients} of a scalar. */
export function lossGradients(
  g: GraphBuilder,
  loss: Value,
  wrt: readonly Value[],
  options: GradientOptions = {},
): Map<Value, Value> {
  return gradients(g, new Map([[loss, g.scalar(1)]]), wrt, options);
}
