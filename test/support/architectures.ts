import fc from 'fast-check';
import type { Action } from '../../src/architecture/action.js';
import {
  applyAction,
  isCopyable,
  originalArchitecture,
  presentBlocks,
  removedBlocks,
} from '../../src/architecture/architecture.js';
import type { Architecture } from '../../src/architecture/architecture.js';
import type { Block } from '../../src/architecture/block.js';

function block(id: string, changesChannels = false): Block {
  const [stage, part] = id.split(/\.(?=attentions|resnets)/);
  const kind = part?.startsWith('attentions') === true ? 'cross-attention' : 'resnet';
  return { id, kind, stage: stage ?? '', changesChannels };
}

/** A small UNet in Stable Diffusion's order: one down stage, the middle, one up stage; nine blocks. */
export const smallUnetBlocks: readonly Block[] = [
  block('down_blocks.0.resnets.0'),
  block('down_blocks.0.attentions.0'),
  block('down_blocks.0.resnets.1'),
  block('down_blocks.0.attentions.1'),
  block('mid_block.resnets.0'),
  block('mid_block.attentions.0'),
  block('mid_block.resnets.1'),
  block('up_blocks.0.resnets.0', true),
  block('up_blocks.0.attentions.0'),
];

export const smallUnet: Architecture = originalArchitecture('small-unet', smallUnetBlocks);

/** Every single action that the architecture allows. */
function possibleActions(architecture: Architecture): readonly Action[] {
  return [
    ...presentBlocks(architecture).map(({ id }): Action => ({ type: 'remove', block: id })),
    ...removedBlocks(architecture).map(({ id }): Action => ({ type: 'restore', block: id })),
    ...presentBlocks(architecture)
      .filter(isCopyable)
      .map(({ id }): Action => ({ type: 'copy', block: id })),
    ...presentBlocks(architecture)
      .filter(({ precision }) => precision === undefined)
      .map(({ id }): Action => ({ type: 'quantize', block: id })),
  ];
}

/** Walks of up to `maxLength` random actions from the small UNet. */
export function arbitraryWalk(maxLength = 12): fc.Arbitrary<{ actions: Action[]; end: Architecture }> {
  return fc.array(fc.nat(), { maxLength }).map((choices) => {
    const actions: Action[] = [];
    let end = smallUnet;
    for (const choice of choices) {
      const possible = possibleActions(end);
      const action = possible[choice % possible.length];
      if (action === undefined) break;
      actions.push(action);
      end = applyAction(end, action);
    }
    return { actions, end };
  });
}

/** Architectures that random walks lead to. */
export const arbitraryArchitecture: fc.Arbitrary<Architecture> = arbitraryWalk().map(({ end }) => end);
