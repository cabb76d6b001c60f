/** The two kinds of block Algorithm 1 adds and removes. */
export type BlockKind = 'cross-attention' | 'resnet';

/** One skippable block of a UNet, named as diffusers names it. */
export interface Block {
  /**
   * Module path and prefix of the block's weights: `down_blocks.0.attentions.1`, `mid_block.resnets.0`.
   * A copy of X is named `X+1`, `X+2`, ... and owns weights of its own under that prefix.
   */
  readonly id: string;
  readonly kind: BlockKind;
  /** `down_blocks.0`, `mid_block`, `up_blocks.1`: the module path of the stage the block stands in. */
  readonly stage: string;
  /**
   * True of a ResNet block whose input and output channels differ: skipping it leaves its `conv_shortcut`
   * projection, and it cannot be copied, since its output does not fit its own input.
   */
  readonly changesChannels: boolean;
  /** Set on a copy only: the id of the block whose weights it was started from. */
  readonly source?: string;
}

/** The pretrained block that a copy descends from: `X` of `X+2`; the id itself of a block that is no copy. */
export function rootOf(id: string): string {
  const plus = id.indexOf('+');
  return plus < 0 ? id : id.slice(0, plus);
}

/** True of a block that was added by copying another. */
export function isCopy(block: Block): boolean {
  return block.source !== undefined;
}
