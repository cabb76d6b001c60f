import type { EmojiItem } from './emoji-dataset.js';
import { groupBy } from './group-by.js';
import { stableHash } from './stable-hash.js';

type CaptionedItem = Pick<EmojiItem, 'id' | 'captions' | 'category' | 'family'>;

/**
 * The first `count` of a fixed order of `items` that takes one category after the other and, within a category,
 * one emoji of every family before the second of any. A longer list begins with the shorter one.
 * Fewer come back when there are fewer items.
 */
export function validationItems<Item extends CaptionedItem>(items: readonly Item[], count: number): Item[] {
  const byCategory = groupBy(shuffleStably(items), ({ category }) => category);
  const queues = [...byCategory]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, queue]) => roundByFamily(queue));
  return interleave(queues).slice(0, count);
}

function shuffleStably<Item extends CaptionedItem>(items: readonly Item[]): Item[] {
  const order = new Map(items.map((item) => [item, stableHash(`validation/${item.id}`)]));
  return [...items].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0) || (a.id < b.id ? -1 : 1));
}

function roundByFamily<Item extends CaptionedItem>(items: readonly Item[]): Item[] {
  return interleave([...groupBy(items, ({ family }) => family).values()]);
}

/** First of each list, then second of each, and so on. */
function interleave<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, rank) =>
    lists.flatMap((list) => list.slice(rank, rank + 1)),
  ).flat();
}
