import { presentBlocks, type PlacedBlock } from '../../architecture/architecture.js';
import type { GraphBuilder } from '../../graph/graph-builder.js';
import type { TensorType, Value } from '../../graph/value.js';
import type { BlockRunner } from '../../model/block-runner.js';
import type { Tensors } from '../../runtime/tensor.js';
import { gatedBy, openGates } from '../skip-draws.js';
import type { TrainingMemory } from '../training-memory.js';
import type { UNetPart } from './unet-part.js';

/** Blocks that are computed again for their gradients. Each runs in an `If` for it, on a gate that is always open. */
export class RecomputedBlocks {
  readonly #blocks: readonly PlacedBlock[];

  constructor({ architecture }: UNetPart, { activations }: Pick<TrainingMemory, 'activations'>) {
    this.#blocks = activations === 'recompute' ? presentBlocks(architecture) : [];
  }

  /** Inputs of a step that its items share. */
  get types(): Readonly<Record<string, TensorType>> {
    return this.#blocks.length === 0 ? {} : { gates: { dtype: 'bool', shape: [this.#blocks.length] } };
  }

  get tensors(): Tensors {
    return this.#blocks.length === 0 ? {} : { gates: openGates(this.#blocks) };
  }

  /** @param inputs of the step, by the names of {@link types} */
  runner(g: GraphBuilder, { gates }: Readonly<Record<string, Value>>): BlockRunner | undefined {
    return gates === undefined ? undefined : gatedBy(g, gates, this.#blocks);
  }
}
