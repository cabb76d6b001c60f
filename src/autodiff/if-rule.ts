import { freeValues } from '../graph/free-values.js';
import { copyNodes, nodesBehind, type Substitution } from '../graph/copy-nodes.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import type { Graph } from '../graph/graph.js';
import { buildNested, zeros } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import type { BranchDraft, BranchSupply } from './branch-draft.js';
import { operandOf, type OperandGradient, type RuleCall } from './gradient-rule.js';
import { saveActivations } from './saved-activations.js';

/**
 * The gradient of an `If` is an `If` on the same condition whose branches hold the gradients of the branches. A captured value
 * that one branch does not depend on has a gradient of zeros there.
 */
export function differentiateIf(call: RuleCall<'If'>): readonly (OperandGradient | undefined)[] {
  const { thenBranch, elseBranch } = call.node.attributes;
  const drafts = [draftBranch(call, thenBranch), draftBranch(call, elseBranch)] as const;
  const reached = wantedOperands(call).filter((value) =>
    drafts.some(({ gradients }) => gradients.has(value)),
  );
  if (reached.length === 0) return [];
  const [thenSupply, elseSupply] = supply(call, drafts);
  const outputs = call.g.addNode('If', [operandOf(call, 0)], {
    thenBranch: finishBranch(call.g, 'then', drafts[0], thenSupply, reached),
    elseBranch: finishBranch(call.g, 'else', drafts[1], elseSupply, reached),
  });
  const gradients = new Map(reached.map((value, i) => [value, outputs[i]]));
  return call.operands.map((operand) => {
    const gradient = operand === undefined ? undefined : gradients.get(operand);
    return gradient === undefined ? undefined : () => gradient;
  });
}

function wantedOperands({ operands, needs }: RuleCall<'If'>): Value[] {
  return operands.filter((operand, i) => operand !== undefined && needs(i)) as Value[];
}

function draftBranch(call: RuleCall<'If'>, branch: Graph): BranchDraft {
  const g = call.g.nested();
  const wrt = wantedOperands(call);
  const seeds = new Map(
    branch.outputs.flatMap((output, i) => {
      const gradient = call.outputGradients[i];
      return gradient === undefined ? [] : [[output, gradient] as const];
    }),
  );
  const found = call.differentiate({ g, nodes: branch.nodes, seeds, wrt });
  const gradients = new Map([...found].filter(([value]) => wrt.includes(value)));
  const outputs = [...gradients.values()];
  return { branch, gradients, graph: g.build('draft', outputs) };
}

/** Only an `If` of the builder's own graph can be made to give out more; one inside a branch is recomputed. */
function supply(
  call: RuleCall<'If'>,
  drafts: readonly [BranchDraft, BranchDraft],
): readonly [BranchSupply, BranchSupply] {
  const { g, node, activations } = call;
  if (activations(node) === 'save' && g.nodes.includes(node)) return saveActivations(g, node, drafts);
  const [thenDraft, elseDraft] = drafts;
  return [recomputeActivations(thenDraft), recomputeActivations(elseDraft)];
}

function recomputeActivations({ branch, graph }: BranchDraft): BranchSupply {
  return { atHand: new Map(), recomputed: nodesBehind(branch.nodes, freeValues(graph)) };
}

/** The draft again, with the forward values it reads within its reach. */
function finishBranch(
  g: GraphBuilder,
  name: string,
  { graph, gradients }: BranchDraft,
  { atHand, recomputed }: BranchSupply,
  reached: readonly Value[],
): Graph {
  return buildNested(g, name, (nested) => {
    const substitution: Substitution = new Map(atHand);
    copyNodes(nested, [...recomputed, ...nodesBehind(graph.nodes, graph.outputs)], substitution);
    return reached.map((value) => {
      const gradient = gradients.get(value);
      return gradient === undefined ? zeros(nested, value.shape) : (substitution.get(gradient) ?? gradient);
    });
  });
}
