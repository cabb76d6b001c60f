import { describe, expect, it } from 'vitest';
import { loadEmojiDataset, type EmojiItem } from '../../src/data/emoji-dataset.js';
import { validationItems } from '../../src/data/validation-items.js';

const items = loadEmojiDataset();
const itemOf = new Map(items.map((item) => [item.captions[0], item]));

const validationCaptions = (from: readonly EmojiItem[], count: number): string[] =>
  validationItems(from, count).map(({ captions: [main] }) => main);

describe('validationItems', () => {
  it('does not depend on the order of the items', () => {
    expect(validationCaptions([...items].reverse(), 100)).toEqual(validationCaptions(items, 100));
  });

  it('begins a longer list with the shorter one', () => {
    expect(validationCaptions(items, 200).slice(0, 50)).toEqual(validationCaptions(items, 50));
  });

  it('takes every category equally often while it lasts', () => {
    const captions = validationCaptions(items, 9 * 8);
    const counts = new Map<string | undefined, number>();
    for (const caption of captions) {
      const category = itemOf.get(caption)?.category;
      counts.set(category, (counts.get(category) ?? 0) + 1);
    }
    expect([...counts.values()]).toEqual(Array.from({ length: 9 }, () => 8));
  });

  it('takes no second of a family before every family of its category had its turn', () => {
    const families = validationCaptions(items, 300).map((caption) => itemOf.get(caption)?.family);
    expect(new Set(families).size).toBeGreaterThan(290);
  });

  it('gives all there are when more are asked for, each once', () => {
    const captions = validationCaptions(items, 10_000);
    expect(new Set(captions)).toEqual(new Set(itemOf.keys()));
    expect(captions).toHaveLength(items.length);
    expect(validationCaptions([], 5)).toEqual([]);
  });
});
