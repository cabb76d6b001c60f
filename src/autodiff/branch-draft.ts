import type { Graph, Node } from '../graph/graph.js';
import type { Value } from '../graph/value.js';

/** The gradient of one branch, as first written: it reads the forward branch's own values, which are out of its reach. */
export interface BranchDraft {
  readonly branch: Graph;
  /** Gradient nodes; the outputs are the gradients of some captured values. */
  readonly graph: Graph;
  /** Gradients by captured value. */
  readonly gradients: ReadonlyMap<Value, Value>;
}

/** How a backward branch gets the forward branch's values: some are at hand outside, others it makes by copies of nodes. */
export interface BranchSupply {
  readonly atHand: ReadonlyMap<Value, Value>;
  readonly recomputed: readonly Node[];
}
