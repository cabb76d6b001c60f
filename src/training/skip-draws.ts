import type { Block, BlockKind } from '../architecture/block.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import { branch, reshape, slice } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import type { BlockRunner } from '../model/block-runner.js';
import { boolTensor, type Tensor } from '../runtime/tensor.js';
import { drawUniform } from './batch-draws.js';

/** How often robust training leaves blocks out. */
export interface SkipSettings {
  /** Probability that a step leaves out a present block of the kind. */
  readonly probability: Readonly<Record<BlockKind, number>>;
  /** Steps over which the probabilities rise from zero. */
  readonly rampSteps: number;
}

/** Which of the blocks run in a step, by their order: SnapFusion's stochastic forward propagation. Depends on (seed, step) alone. */
export function drawGates(
  blocks: readonly Block[],
  { probability, rampSteps }: SkipSettings,
  seed: number,
  step: number,
): Tensor {
  const draws = drawUniform(seed, step, 'skips', blocks.length);
  const ramp = rampSteps === 0 ? 1 : Math.min(1, step / rampSteps);
  const runs = blocks.map(({ kind }, i) => (draws[i] ?? 1) >= ramp * probability[kind]);
  return boolTensor([blocks.length], runs);
}

/** Gates that let every block run. */
export const openGates = (blocks: readonly Block[]): Tensor =>
  boolTensor(
    [blocks.length],
    blocks.map(() => true),
  );

/** Runs every block in an ONNX `If` on its element of `gates`, bool [blocks]: a skipped one costs nothing, forward or backward. */
export function gatedBy(g: GraphBuilder, gates: Value, blocks: readonly Block[]): BlockRunner {
  const gateOf = new Map(
    blocks.map(({ id }, i) => [id, reshape(g, slice(g, gates, 0, i, i + 1), [])] as const),
  );
  return (at, block, { body, skipped }) => {
    const gate = gateOf.get(block.id);
    if (gate === undefined) return body(at);
    const [output] = branch(
      at,
      gate,
      (nested) => [body(nested)],
      (nested) => [skipped(nested)],
    );
    return output as Value;
  };
}
