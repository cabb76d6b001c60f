import type { Captions } from './captioned-image.js';
import type { EmojiRecord } from './emoji-source.js';

const maxTagVariants = 3;

const categoryWords: Readonly<Record<string, string>> = {
  'Smileys & Emotion': 'emotion',
  'People & Body': 'people',
  'Animals & Nature': 'nature',
  'Food & Drink': 'food',
  'Travel & Places': 'place',
  Activities: 'activity',
  Objects: 'object',
  Symbols: 'symbol',
  Flags: 'flag',
};

/**
 * Writes each emoji's captions: its name in lower case ("red apple"), then the name with one of its tags each ("red apple,
 * fruit"), those tags first that most emoji share, and last the name with its category.
 */
export function writeCaptions(records: readonly EmojiRecord[]): Captions[] {
  const tagCounts = countTags(records);
  return records.map((record) => {
    const main = plainText(record.name);
    const words = [...usefulTags(record, main, tagCounts), categoryWords[record.category]];
    const variants = words.flatMap((word) => (word === undefined ? [] : [`${main}, ${word}`]));
    return [main, ...new Set(variants)];
  });
}

function usefulTags({ tags }: EmojiRecord, main: string, tagCounts: ReadonlyMap<string, number>): string[] {
  const known = new Set(main.split(/[^a-z]+/));
  const byUse = (a: string, b: string) =>
    (tagCounts.get(b) ?? 0) - (tagCounts.get(a) ?? 0) || (a < b ? -1 : 1);
  return tags
    .map(plainText)
    .filter((tag) => /^[a-z]{3,}$/.test(tag) && !known.has(tag))
    .sort(byUse)
    .slice(0, maxTagVariants);
}

function countTags(records: readonly EmojiRecord[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const tag of records.flatMap(({ tags }) => tags.map(plainText)))
    counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return counts;
}

/** Lower case, with quotation marks as a keyboard has them. */
function plainText(text: string): string {
  return text.toLowerCase().replaceAll('’', "'").replace(/[“”]/g, '"').normalize('NFC');
}
