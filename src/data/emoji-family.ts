import type { EmojiRecord } from './emoji-source.js';
import { stableHash } from './stable-hash.js';

/** Emoji that are drawn alike, in words or as a whole subcategory. */
const familyRules: readonly (readonly [name: RegExp, family: string])[] = [
  [/^mer(man|maid|person)$/, 'merfolk'],
  [/\bclaus$/, 'claus'],
  [/^(prince|princess|person with crown)$/, 'royalty'],
  [/^kiss(:|$)/, 'kiss'],
  [/^couple with heart/, 'couple with heart'],
  [/holding hands$/, 'holding hands'],
  [/^raised (back of )?hand$/, 'raised hand'],
  [/^(backhand )?index pointing/, 'index pointing'],
  [/o’clock$|-thirty$/, 'clock face'],
  [/\bmoon( face)?$/, 'moon phase'],
  [/^(un)?locked/, 'lock'],
  [/^snowman/, 'snowman'],
  [/^(fountain pen|black nib)$/, 'nib'],
  [/^globe showing/, 'globe'],
  [/^\d(st|nd|rd) place medal$/, 'place medal'],
  [/banknote$/, 'banknote'],
  [/mailbox/, 'mailbox'],
  [/speaker/, 'speaker'],
  [/battery$/, 'battery'],
  [/^sun behind/, 'sun behind cloud'],
  [/^bell\b/, 'bell'],
  [/^hourglass/, 'hourglass'],
];

/** Subcategories that are one alphabet each: known as a whole or not at all. */
const alphabets: ReadonlySet<string> = new Set([
  'keycap',
  'alphanum',
  'arrow',
  'av-symbol',
  'zodiac',
  'geometric',
]);

/** Always trained on: a clock or a letter button nobody has seen the like of tests nothing. */
const trainedFamilies: ReadonlySet<string> = new Set([
  ...alphabets,
  'clock face',
  'moon phase',
  'plain person',
]);

const personWords = /\b(wom[ae]n|m[ae]n|person|people|boy|girl|child|adult|older|old)\b/g;
const directionWords = /: facing right|\b(left|right)(wards|-facing)?\b/g;

/** What an emoji shares its looks with: men, women and persons doing the same thing, either way round, are one family. */
export function emojiFamily({
  name,
  category,
  subcategory,
}: Pick<EmojiRecord, 'name' | 'category' | 'subcategory'>): string {
  if (alphabets.has(subcategory)) return subcategory;
  const lowered = name.toLowerCase();
  const rule = familyRules.find(([pattern]) => pattern.test(lowered));
  if (rule !== undefined) return rule[1];
  const undirected = lowered.replace(directionWords, '');
  const ungendered = category === 'People & Body' ? undirected.replace(personWords, '') : undirected;
  const tidy = ungendered.replace(/\s+/g, ' ').replace(/^[\s:,]+|[\s:,]+$/g, '');
  return tidy === '' ? 'plain person' : tidy;
}

/** One family in ten, by a hash of its name alone, so that it stays where it is whatever else joins the set. */
export function isHeldOutFamily(family: string): boolean {
  return !trainedFamilies.has(family) && stableHash(`held-out/${family}`) % 10 === 0;
}
