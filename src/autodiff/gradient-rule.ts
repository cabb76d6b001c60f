import type { GraphBuilder } from '../graph/graph-builder.js';
import { GraphError } from '../graph/graph-error.js';
import type { Node, NodeOf, OpType } from '../graph/graph.js';
import type { Value } from '../graph/value.js';

/**
 * How the backward pass gets a branch's intermediate values: the forward `If` gives them out, or the backward branch
 * computes them again.
 */
export type ActivationMode = 'save' | 'recompute';

/** Nodes to go back through, from the gradients of some of their values to those of others. */
export interface Differentiation {
  /** Where gradient nodes go: the builder of the nodes, or one that may use their values. */
  readonly g: GraphBuilder;
  /** In topological order. */
  readonly nodes: readonly Node[];
  /** Gradients of the loss with respect to some values, of their types. */
  readonly seeds: ReadonlyMap<Value, Value>;
  /** Values whose gradients are wanted. */
  readonly wrt: Iterable<Value>;
  /** Asked for every `If` whether its activations are saved or recomputed. */
  readonly activations: (node: NodeOf<'If'>) => ActivationMode;
}

/** Appends gradient nodes and gives the gradient of every value that the seeds depend on by way of `wrt`. */
export type Differentiate = (task: Differentiation) => ReadonlyMap<Value, Value>;

/** One node, to be differentiated. */
export interface RuleCall<Op extends OpType> {
  readonly g: GraphBuilder;
  readonly node: NodeOf<Op>;
  /** The node's inputs; for an `If` also what its branches capture, after the condition. */
  readonly operands: readonly (Value | undefined)[];
  /** Gradients of the outputs; undefined where the loss does not depend on one. */
  readonly outputGradients: readonly (Value | undefined)[];
  /** Whether the gradient of an operand is wanted. */
  readonly needs: (operand: number) => boolean;
  /** The node that makes a value, where it is one of those gone through and the value's own gradient is not asked for. */
  readonly producer: (value: Value) => Node | undefined;
  /** For nodes that hold graphs. */
  readonly differentiate: (task: Omit<Differentiation, 'activations'>) => ReadonlyMap<Value, Value>;
  readonly activations: Differentiation['activations'];
}

/** Builds an operand's gradient, called only when it is wanted; broadcast axes may be left for the caller to sum. */
export type OperandGradient = () => Value;

/** Gives, for every operand in turn, how to build its gradient; undefined or absent: no gradient goes there. */
export type GradientRule<Op extends OpType> = (
  call: RuleCall<Op>,
) => readonly (OperandGradient | undefined)[];

/** Why an operation has no rule. */
export interface NotDifferentiable {
  /** `constant`: the output is no smooth number, so no gradient passes. `unsupported`: to ask for one is an error. */
  readonly kind: 'constant' | 'unsupported';
  readonly reason: string;
}

/** The gradient of the only output that may have one. Throws {@link GraphError} where another has. */
export function outputGradient<Op extends OpType>({ node, outputGradients }: RuleCall<Op>): Value {
  const [first, ...others] = outputGradients;
  if (first === undefined || others.some((gradient) => gradient !== undefined)) {
    throw new GraphError(`${node.op} is differentiable in its first output only`, node.name);
  }
  return first;
}

/** An operand that must be there. */
export function operandOf<Op extends OpType>({ node, operands }: RuleCall<Op>, index: number): Value {
  const operand = operands[index];
  if (operand === undefined) throw new GraphError(`operand ${index} is missing`, node.name);
  return operand;
}

/** An output that must be there. */
export function outputOf<Op extends OpType>({ node }: RuleCall<Op>, index = 0): Value {
  const output = node.outputs[index];
  if (output === undefined) throw new GraphError(`output ${index} is missing`, node.name);
  return output;
}

/** Builds a value when it is first asked for, so that gradients can share it. */
export function once(build: () => Value): () => Value {
  let built: Value | undefined;
  return () => (built ??= build());
}
