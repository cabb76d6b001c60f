import { valuesRead } from '../graph/free-values.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import { GraphError } from '../graph/graph-error.js';
import type { Node, NodeOf, OpType } from '../graph/graph.js';
import { nodeScope } from '../graph/node-scope.js';
import { add } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import type { Differentiate, Differentiation, NotDifferentiable, RuleCall } from './gradient-rule.js';
import { gradientRules } from './gradient-rules.js';
import { sumToShape } from './sum-to-shape.js';

/**
 * Reverse-mode differentiation (Griewank and Walther, 2008, chapter 3) by the rule table. Gradient nodes keep the scope of the
 * node they belong to. Throws {@link GraphError} naming a node on the way that can't be differentiated.
 */
export const differentiate: Differentiate = (task) => {
  const asked = new Set(task.wrt);
  const wanted = dependents(task.nodes, asked);
  const producers = new Map(
    task.nodes.flatMap((node) =>
      node.outputs.filter((output) => !asked.has(output)).map((output) => [output, node] as const),
    ),
  );
  const gradients = new Map(task.seeds);
  for (const node of task.nodes.toReversed()) {
    if (!node.outputs.some((output) => wanted.has(output) && gradients.has(output))) continue;
    task.g.scope(nodeScope(node), () => {
      propagate(task, node, { wanted, producers, gradients });
    });
  }
  return gradients;
};

interface Progress {
  /** Values whose gradients are wanted, or needed on the way to those. */
  readonly wanted: ReadonlySet<Value>;
  /** Makers of values that need no gradient of their own: a rule may go past them. */
  readonly producers: ReadonlyMap<Value, Node>;
  readonly gradients: Map<Value, Value>;
}

const isReal = ({ dtype }: Value): boolean => dtype === 'float32' || dtype === 'float16';

/** `wrt` and every real number that depends on it. */
function dependents(nodes: readonly Node[], wrt: Iterable<Value>): ReadonlySet<Value> {
  const found = new Set([...wrt].filter(isReal));
  for (const node of nodes) {
    if (!valuesRead(node).some((value) => found.has(value))) continue;
    node.outputs.filter(isReal).forEach((output) => found.add(output));
  }
  return found;
}

function propagate<Op extends OpType>(task: Differentiation, node: NodeOf<Op>, progress: Progress): void {
  const rule = ruleOf(node);
  if (rule === undefined) return;
  const { wanted, producers, gradients } = progress;
  const operands = operandsOf(node);
  const needs = (index: number): boolean => {
    const operand = operands[index];
    return operand !== undefined && wanted.has(operand);
  };
  const found = rule({
    g: task.g,
    node,
    operands,
    outputGradients: node.outputs.map((output) => gradients.get(output)),
    needs,
    producer: (value) => producers.get(value),
    differentiate: (inner) => differentiate({ ...inner, activations: task.activations }),
    activations: task.activations,
  });
  operands.forEach((operand, i) => {
    const build = found[i];
    if (operand === undefined || build === undefined || !needs(i)) return;
    accumulate(task.g, gradients, operand, sumToShape(task.g, build(), operand.shape));
  });
}

function ruleOf<Op extends OpType>(
  node: NodeOf<Op>,
): ((call: RuleCall<Op>) => readonly ((() => Value) | undefined)[]) | undefined {
  const rule = gradientRules[node.op];
  if (typeof rule === 'function') return rule;
  const { kind, reason }: NotDifferentiable = rule;
  if (kind === 'constant') return undefined;
  throw new GraphError(`${node.op} has no gradient: ${reason}`, node.name);
}

/** Inputs as they stand; of an `If`, the condition and what the branches capture. */
function operandsOf<Op extends OpType>(node: NodeOf<Op>): readonly (Value | undefined)[] {
  return node.op === 'If' ? valuesRead(node as unknown as Node) : node.inputs;
}

function accumulate(g: GraphBuilder, gradients: Map<Value, Value>, operand: Value, gradient: Value): void {
  const known = gradients.get(operand);
  gradients.set(operand, known === undefined ? gradient : add(g, known, gradient));
}
