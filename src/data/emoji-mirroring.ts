import type { EmojiRecord } from './emoji-source.js';

/** Subcategories whose pictures carry letters, digits, hands of a clock, maps or a left and a right. */
const directedSubcategories: ReadonlySet<string> = new Set([
  'time',
  'money',
  'office',
  'book-paper',
  'computer',
  'phone',
  'mail',
  'music',
  'place-map',
  'place-building',
  'award-medal',
  'transport-sign',
  'writing',
  'lock',
]);

const directedNames =
  /\b(left|right|moon|moon face|hundred points|zzz|atm sign|stop sign|bus stop|8 ball|playing cards|mahjong.*|joker|barber pole|speech.*|admission tickets|ticket|magnet)$|\b(left|right) /;

/**
 * Whether the picture mirrored left to right still shows what its caption says. Wherever a "facing right" twin exists, or
 * there is something to be read, it does not.
 */
export function isMirrorable(record: EmojiRecord, namesFacingRight: ReadonlySet<string>): boolean {
  const { category, subcategory } = record;
  const name = record.name.toLowerCase();
  if (category === 'Symbols' || category === 'Flags') return false;
  if (directedSubcategories.has(subcategory) || subcategory.startsWith('hand')) return false;
  return !directedNames.test(name) && !name.endsWith(': facing right') && !namesFacingRight.has(name);
}

/** Names of which there is a twin that faces right. */
export function findNamesFacingRight(records: readonly EmojiRecord[]): ReadonlySet<string> {
  const suffix = ': facing right';
  const names = records.map(({ name }) => name.toLowerCase());
  return new Set(names.filter((name) => name.endsWith(suffix)).map((name) => name.slice(0, -suffix.length)));
}
