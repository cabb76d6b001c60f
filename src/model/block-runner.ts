import type { Block } from '../architecture/block.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import type { Value } from '../graph/value.js';

/** The two ways through a block, of the same type. What they need from outside is made already; parameters included. */
export interface BlockWays {
  /** The block's output. */
  readonly body: (g: GraphBuilder) => Value;
  /** What takes its place when it is skipped: its input, or the projection of its input. */
  readonly skipped: (g: GraphBuilder) => Value;
}

/** Decides how a block that is present runs. Either way may be built in a graph nested in `g`. */
export type BlockRunner = (g: GraphBuilder, block: Block, ways: BlockWays) => Value;

/** Every present block runs. */
export const runAlways: BlockRunner = (g, _, { body }) => body(g);
