import {
  isPresent,
  presentBlocks,
  removeBlock,
  type Architecture,
} from '../../src/architecture/architecture.js';
import {
  CLOCK_TICK_MS,
  predictLatencyMs,
  savingMs,
  type LatencyTable,
} from '../../src/search/latency-table.js';
import { hashedGenerator } from '../../src/random/hashed-generator.js';
import { shuffle } from '../../src/latency/shuffle.js';

/** What rivals are made by. */
export interface RivalParts {
  readonly original: Architecture;
  readonly table: LatencyTable;
  readonly originalMs: number;
}

/** Blocks taken out in that order until the table says that the network takes no longer than that. */
export function removedUntil(
  { original, table, originalMs }: RivalParts,
  order: readonly string[],
  targetMs: number,
): Architecture {
  let architecture = original;
  for (const block of order) {
    if (predictLatencyMs(table, originalMs, architecture) <= targetMs) break;
    if (isPresent(architecture, block)) architecture = removeBlock(architecture, block);
  }
  return architecture;
}

/** Blocks whose removal saves time, in a random order. */
export function randomOrder(parts: RivalParts, seed: number): string[] {
  return shuffle(removable(parts), hashedGenerator(`random rival ${seed}`));
}

/** Those that save most first, whatever they are worth. */
export function greedyOrder(parts: RivalParts): string[] {
  const saving = (block: string): number => savingMs(parts.table, { id: block }).value;
  return removable(parts).sort((one, other) => saving(other) - saving(one));
}

/**
 * As BK-SDM's authors picked by hand (Kim et al., BK-SDM: A Lightweight, Fast, and Cheap Version of Stable Diffusion, 2023, section 3.1): of each stage down
 * the second pair of ResNet and attention, of each stage up the second of three (base); then the middle (small); then the innermost stages (tiny). Taken
 * out one by one, so as to end at any latency; where all of that is not enough, the last pairs of the stages up, innermost first.
 */
export function handPickedOrder(parts: RivalParts): string[] {
  const ids = parts.original.blocks.map(({ id }) => id);
  const of = (pattern: RegExp): string[] => ids.filter((id) => pattern.test(id));
  const ups = stagesOf(ids, 'up_blocks');
  const downs = stagesOf(ids, 'down_blocks');
  const innermost = [downs.at(-1) ?? '', ups[0] ?? ''];
  const order = [
    ...of(/^down_blocks\.\d+\.(resnets|attentions)\.1$/),
    ...of(/^up_blocks\.\d+\.(resnets|attentions)\.1$/),
    ...of(/^mid_block\./),
    ...ids.filter((id) => innermost.some((stage) => id.startsWith(`${stage}.`))),
    ...of(/^up_blocks\.\d+\.(resnets|attentions)\.2$/),
  ];
  const able = new Set(removable(parts));
  return [...new Set(order)].filter((id) => able.has(id));
}

function stagesOf(ids: readonly string[], side: string): string[] {
  return [
    ...new Set(ids.filter((id) => id.startsWith(side)).map((id) => id.split('.').slice(0, 2).join('.'))),
  ];
}

function removable({ original, table }: RivalParts): string[] {
  return presentBlocks(original)
    .filter((block) => savingMs(table, block).low > CLOCK_TICK_MS)
    .map(({ id }) => id);
}
