import { SnapEvoError } from '../errors/snapevo-error.js';
import { isCopy, rootOf } from './block.js';
import type { Block } from './block.js';

/** A network of more skippable blocks than this is taken for a mistake. */
export const MAX_BLOCKS = 10_000;

const BASE = /^[A-Za-z0-9._:@-]{1,200}$/;
const BLOCK_ID = /^(?=.{1,200}$)[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)+(\+[1-9][0-9]{0,5})?$/;

/** A block whose presence and precision are known. */
type Placed = Block & { readonly present: boolean; readonly precision?: 'int8' };

/** @throws SnapEvoError `ARCHITECTURE_INVALID` unless `base` is one word of letters, digits and `._:@-`. */
export function checkBase(base: string): void {
  if (!BASE.test(base)) throw invalid('the base is not one word of letters, digits and ._:@-', 'base');
}

/**
 * Checks what holds of every architecture: ids well formed, unique, and beginning with their stage; stages in one
 * piece; copies present, right behind their kin, and descending from it.
 * @throws SnapEvoError `ARCHITECTURE_INVALID`
 */
export function checkBlocks(blocks: readonly Placed[]): void {
  if (blocks.length > MAX_BLOCKS)
    throw invalid(`${blocks.length} blocks are more than ${MAX_BLOCKS}`, 'blocks');
  const byId = new Map<string, Placed>();
  for (const block of blocks) {
    checkId(block);
    if (byId.has(block.id)) throw invalid('two blocks have the same id', block.id);
    byId.set(block.id, block);
  }
  for (const block of blocks) checkCopy(block, byId);
  checkTogether(blocks, 'stage', (block) => block.stage);
  checkTogether(blocks, 'block and its copies', (block) => rootOf(block.id));
}

function checkId(block: Placed): void {
  if (!BLOCK_ID.test(block.id)) throw invalid('the id is not a module path', block.id.slice(0, 200));
  if (!block.id.startsWith(`${block.stage}.`)) {
    throw invalid('the id does not begin with its stage', block.id);
  }
  if (isCopy(block) !== block.id.includes('+')) {
    throw invalid('a copy, and only a copy, is numbered with + and names its source', block.id);
  }
  if (!block.present && block.precision !== undefined) {
    throw invalid('a skipped block is in full precision', block.id);
  }
}

function checkCopy(block: Placed, byId: ReadonlyMap<string, Placed>): void {
  if (block.source === undefined) return;
  const root = byId.get(rootOf(block.id));
  if (root?.kind !== block.kind || root.stage !== block.stage) {
    throw invalid('a copy needs the block it descends from, of its own kind and stage', block.id);
  }
  if (!block.present) throw invalid('a removed copy is dropped, not kept as skipped', block.id);
  if (block.changesChannels || root.changesChannels) {
    throw invalid('a block that changes its channels cannot be copied', block.id);
  }
  checkDescent(block, root.id, byId);
}

/** Follows the sources, which have to end at the root; a chain longer than the list runs in a circle. */
function checkDescent(copy: Placed, rootId: string, byId: ReadonlyMap<string, Placed>): void {
  let ancestor: Placed | undefined = copy;
  for (let hops = 0; hops <= byId.size && ancestor?.source !== undefined; hops += 1) {
    ancestor = byId.get(ancestor.source);
  }
  if (ancestor?.id !== rootId) throw invalid('the sources of the copy do not lead to its root', copy.id);
}

function checkTogether(blocks: readonly Placed[], what: string, keyOf: (block: Placed) => string): void {
  const closed = new Set<string>();
  let current: string | undefined;
  for (const block of blocks) {
    const key = keyOf(block);
    if (key === current) continue;
    if (closed.has(key)) throw invalid(`the ${what} does not stand together`, block.id);
    if (what !== 'stage' && isCopy(block)) throw invalid('the copy stands before its root', block.id);
    closed.add(key);
    current = key;
  }
}

function invalid(message: string, where: string): SnapEvoError {
  return new SnapEvoError({ code: 'ARCHITECTURE_INVALID', message, where });
}
