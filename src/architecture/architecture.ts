import { SnapEvoError } from '../errors/snapevo-error.js';
import type { Action, ActionGroup } from './action.js';
import { checkBase, checkBlocks } from './check-blocks.js';
import { isCopy, rootOf } from './block.js';
import type { Block } from './block.js';

/** A block in its place. An absent one is skipped: its weights are kept, so that it can be restored. */
export interface PlacedBlock extends Block {
  readonly present: boolean;
  /** What the weights of its linear layers and convolutions are rounded to when it runs; nothing where absent. */
  readonly precision?: 'int8';
}

/**
 * A UNet as the search sees it: what it was pretrained as, and its skippable blocks in the order they run.
 * Deeply frozen; every change makes a new one. Two architectures that run the same blocks on the same weights are
 * equal however they came about: a removed copy leaves no trace, since nothing tells the result from the
 * architecture before the copy.
 */
export interface Architecture {
  /** Identity of the pretrained configuration, e.g. a hash of it. */
  readonly base: string;
  /** In the order of execution; the blocks of a stage, and a block and its copies, stand together. */
  readonly blocks: readonly PlacedBlock[];
}

/**
 * The pretrained network: every block present.
 * @param blocks in the order of execution, without copies
 * @throws SnapEvoError `ARCHITECTURE_INVALID` for malformed or repeated ids, or a stage in two pieces
 */
export function originalArchitecture(base: string, blocks: readonly Block[]): Architecture {
  return assembleArchitecture(
    base,
    blocks.map((block) => ({ ...block, present: true })),
  );
}

/**
 * An architecture of blocks that are checked and frozen on the way in.
 * @throws SnapEvoError `ARCHITECTURE_INVALID`
 */
export function assembleArchitecture(base: string, blocks: readonly PlacedBlock[]): Architecture {
  checkBase(base);
  checkBlocks(blocks);
  return freeze(base, blocks);
}

/** The block of that id, present or skipped; undefined where there is none. */
export function findBlock(architecture: Architecture, id: string): PlacedBlock | undefined {
  return architecture.blocks.find((block) => block.id === id);
}

/** Whether the block is there and runs. */
export function isPresent(architecture: Architecture, id: string): boolean {
  return findBlock(architecture, id)?.present === true;
}

/** The blocks that run, in order. */
export function presentBlocks(architecture: Architecture): readonly PlacedBlock[] {
  return architecture.blocks.filter((block) => block.present);
}

/** The blocks that are skipped and can be restored, in order. */
export function removedBlocks(architecture: Architecture): readonly PlacedBlock[] {
  return architecture.blocks.filter((block) => !block.present);
}

/** Whether a block, by its id, runs on weights of int8. */
export function int8Blocks({ blocks }: Architecture): (id: string) => boolean {
  const ids = new Set(blocks.filter(({ precision }) => precision === 'int8').map(({ id }) => id));
  return (id) => ids.has(id);
}

/** How many blocks run on weights of int8. */
export function countInt8Blocks({ blocks }: Architecture): number {
  return blocks.filter(({ precision }) => precision === 'int8').length;
}

/** With every block in full precision. */
export function inFullPrecision({ base, blocks }: Architecture): Architecture {
  return freeze(
    base,
    blocks.map(({ precision: _, ...block }) => block),
  );
}

/** Whether a block may be copied: it runs, and its output fits its own input. */
export function isCopyable(block: PlacedBlock): boolean {
  return block.present && !block.changesChannels;
}

/**
 * Without a block. A pretrained block stays in the list as skipped and can be restored; a copy is dropped, and
 * copies made from it then count as made from its own source. A skipped block is in full precision again.
 * @throws SnapEvoError `ARCHITECTURE_BLOCK_UNKNOWN`, `ARCHITECTURE_ACTION_INVALID` when it is already skipped
 */
export function removeBlock(architecture: Architecture, id: string): Architecture {
  const block = existingBlock(architecture, id);
  if (!block.present) throw invalidAction('remove', id, 'it is already removed');
  if (isCopy(block)) return dropCopy(architecture, block);
  return replaceBlock(architecture, id, ({ precision: _, ...kept }) => ({ ...kept, present: false }));
}

/**
 * With a removed block back in its place, on the weights it had.
 * @throws SnapEvoError `ARCHITECTURE_BLOCK_UNKNOWN`, `ARCHITECTURE_ACTION_INVALID` when it is present
 */
export function restoreBlock(architecture: Architecture, id: string): Architecture {
  if (existingBlock(architecture, id).present) throw invalidAction('restore', id, 'it is present');
  return replaceBlock(architecture, id, (block) => ({ ...block, present: true }));
}

/**
 * With a present block on weights of int8; a copy of it will be too.
 * @throws SnapEvoError `ARCHITECTURE_BLOCK_UNKNOWN`, `ARCHITECTURE_ACTION_INVALID` when it is removed or on int8 already
 */
export function quantizeBlock(architecture: Architecture, id: string): Architecture {
  const { present, precision } = existingBlock(architecture, id);
  if (!present) throw invalidAction('quantize', id, 'it is removed');
  if (precision === 'int8') throw invalidAction('quantize', id, 'it is on int8 already');
  return replaceBlock(architecture, id, (block) => ({ ...block, precision: 'int8' }));
}

/**
 * With a copy of a present block right after it, under the root's name and the smallest number that is free.
 * @throws SnapEvoError `ARCHITECTURE_BLOCK_UNKNOWN`, `ARCHITECTURE_ACTION_INVALID` when the block is removed or changes
 * its channels
 */
export function copyBlock(architecture: Architecture, id: string): Architecture {
  const block = existingBlock(architecture, id);
  if (!block.present) throw invalidAction('copy', id, 'it is removed');
  if (block.changesChannels) throw invalidAction('copy', id, 'its output does not fit its own input');
  const copy = { ...block, id: nextCopyId(architecture, id), source: id };
  const blocks = architecture.blocks.flatMap((each) => (each === block ? [each, copy] : [each]));
  return freeze(architecture.base, blocks);
}

/** The id that a copy of the block would get: `X+1`, or the next number that is free. */
function nextCopyId(architecture: Architecture, id: string): string {
  const root = rootOf(id);
  let number = 1;
  while (findBlock(architecture, `${root}+${number}`) !== undefined) number += 1;
  return `${root}+${number}`;
}

/** The architecture after an action. Throws as the function of that action does. */
export function applyAction(architecture: Architecture, action: Action): Architecture {
  switch (action.type) {
    case 'remove':
      return removeBlock(architecture, action.block);
    case 'restore':
      return restoreBlock(architecture, action.block);
    case 'copy':
      return copyBlock(architecture, action.block);
    case 'quantize':
      return quantizeBlock(architecture, action.block);
  }
}

/** The architecture after the actions, in order. */
export function applyActions(architecture: Architecture, group: ActionGroup): Architecture {
  return group.reduce(applyAction, architecture);
}

function dropCopy(architecture: Architecture, copy: PlacedBlock): Architecture {
  const blocks = architecture.blocks
    .filter((block) => block !== copy)
    .map((block) =>
      block.source === copy.id && copy.source !== undefined ? { ...block, source: copy.source } : block,
    );
  return freeze(architecture.base, blocks);
}

function replaceBlock(
  architecture: Architecture,
  id: string,
  change: (block: PlacedBlock) => PlacedBlock,
): Architecture {
  const blocks = architecture.blocks.map((block) => (block.id === id ? change(block) : block));
  return freeze(architecture.base, blocks);
}

function freeze(base: string, blocks: readonly PlacedBlock[]): Architecture {
  return Object.freeze({ base, blocks: Object.freeze(blocks.map((block) => Object.freeze(block))) });
}

function existingBlock(architecture: Architecture, id: string): PlacedBlock {
  const block = findBlock(architecture, id);
  if (block !== undefined) return block;
  throw new SnapEvoError({
    code: 'ARCHITECTURE_BLOCK_UNKNOWN',
    message: `the architecture has no block of that name; it has ${architecture.blocks.length} blocks`,
    where: id,
    hint: 'blocks are named by their diffusers module path, e.g. down_blocks.0.attentions.1',
  });
}

function invalidAction(type: Action['type'], id: string, reason: string): SnapEvoError {
  return new SnapEvoError({
    code: 'ARCHITECTURE_ACTION_INVALID',
    message: `cannot ${type} the block: ${reason}`,
    where: id,
  });
}
