import { freeValues } from '../graph/free-values.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import type { Graph, Node, NodeOf } from '../graph/graph.js';
import { cast, zeros } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import type { BranchDraft, BranchSupply } from './branch-draft.js';

/**
 * Makes a forward `If` give out the values that its branches' gradients read. The branch that does not make a value gives an
 * empty tensor in its place.
 */
export function saveActivations(
  g: GraphBuilder,
  node: NodeOf<'If'>,
  drafts: readonly [BranchDraft, BranchDraft],
): readonly [BranchSupply, BranchSupply] {
  const [thenPlan, elsePlan] = drafts.map((draft) => planBranch(draft)) as [SavePlan, SavePlan];
  const { thenBranch, elseBranch } = node.attributes;
  const thenSaved = [...thenPlan.saved];
  const elseSaved = [...elsePlan.saved];
  const added = g.extendNode(node, {
    thenBranch: withOutputs(g, thenBranch, [], thenSaved, elseSaved),
    elseBranch: withOutputs(g, elseBranch, thenSaved, elseSaved, []),
  });
  const supply = (
    { recomputed }: SavePlan,
    branch: Graph,
    saved: readonly Value[],
    from: number,
  ): BranchSupply => ({
    atHand: new Map([...pairs(branch.outputs, node.outputs), ...pairs(saved, added.slice(from))]),
    recomputed,
  });
  return [
    supply(thenPlan, thenBranch, thenSaved, 0),
    supply(elsePlan, elseBranch, elseSaved, thenSaved.length),
  ];
}

function pairs(keys: readonly Value[], values: readonly Value[]): (readonly [Value, Value])[] {
  return keys.flatMap((key, i) => {
    const value = values[i];
    return value === undefined ? [] : [[key, value] as const];
  });
}

interface SavePlan {
  readonly saved: ReadonlySet<Value>;
  readonly recomputed: readonly Node[];
}

/** Reshaping costs nothing, so its results are made again; the branch's outputs are given out anyway. */
function planBranch({ branch, graph }: BranchDraft): SavePlan {
  const producers = new Map(
    branch.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
  );
  const saved = new Set<Value>();
  const reshapes = new Set<Node>();
  const visit = (value: Value): void => {
    const producer = producers.get(value);
    if (producer === undefined || branch.outputs.includes(value)) return;
    if (producer.op !== 'Reshape') {
      saved.add(value);
      return;
    }
    reshapes.add(producer);
    producer.inputs.forEach((input) => {
      if (input !== undefined) visit(input);
    });
  };
  freeValues(graph).forEach(visit);
  return { saved, recomputed: branch.nodes.filter((node) => reshapes.has(node)) };
}

/** A branch with further outputs: empty ones, values of its own, and empty ones. */
function withOutputs(
  g: GraphBuilder,
  branch: Graph,
  emptyBefore: readonly Value[],
  own: readonly Value[],
  emptyAfter: readonly Value[],
): Graph {
  const nested = g.nested();
  const empty = ({ dtype }: Value): Value => {
    const none = zeros(nested, [0]);
    return dtype === 'float32' ? none : cast(nested, none, dtype);
  };
  const before = emptyBefore.map(empty);
  const after = emptyAfter.map(empty);
  return {
    ...branch,
    nodes: [...branch.nodes, ...nested.nodes],
    outputs: [...branch.outputs, ...before, ...own, ...after],
  };
}
