import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadEmojiDataset } from '../../src/data/emoji-dataset.js';
import { groupBy } from '../../src/data/group-by.js';

const items = loadEmojiDataset();
const byName = new Map(items.map((item) => [item.name, item]));
const heldOut = items.filter(({ split }) => split === 'held-out');

function named(name: string) {
  const item = byName.get(name);
  if (item === undefined) throw new Error(`no emoji "${name}"`);
  return item;
}

describe('the emoji data set', () => {
  it('has every base emoji once, without skin tones, country flags and repeated silhouettes', () => {
    expect(items).toHaveLength(1618);
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
    expect(items.filter(({ id }) => /1F3F[B-F]/.test(id))).toEqual([]);
    expect(items.filter(({ subcategory }) => subcategory.endsWith('-flag'))).toEqual([]);
    expect(items.filter(({ name }) => name.startsWith('family')).map(({ name }) => name)).toEqual([
      'family: adult, adult, child',
      'family: adult, adult, child, child',
      'family: adult, child',
      'family: adult, child, child',
    ]);
  });

  it('names each emoji in lower case, unlike any other, then with tags and its category', () => {
    expect(new Set(items.map(({ captions: [main] }) => main)).size).toBe(items.length);
    expect(named('green apple').captions).toEqual(['green apple', 'green apple, fruit', 'green apple, food']);
    expect(named('eight o’clock').captions[0]).toBe("eight o'clock");
    for (const { captions } of items) {
      expect(
        captions.every((caption) => caption === caption.toLowerCase() && caption.startsWith(captions[0])),
      ).toBe(true);
      expect(new Set(captions).size).toBe(captions.length);
      expect(captions.length).toBeGreaterThan(1);
    }
  });

  it('makes one family of people doing the same, whoever they are and wherever they look', () => {
    const families = groupBy(items, ({ family }) => family);
    const namesOf = (family: string) =>
      families
        .get(family)
        ?.map(({ name }) => name)
        .sort();
    expect(namesOf('running')).toEqual([
      'man running',
      'man running: facing right',
      'person running',
      'person running: facing right',
      'woman running',
      'woman running: facing right',
    ]);
    expect(namesOf('elf')).toEqual(['elf', 'man elf', 'woman elf']);
    expect(namesOf('merfolk')).toEqual(['mermaid', 'merman', 'merperson']);
    expect(namesOf('clock face')).toHaveLength(24);
    expect(namesOf('pizza')).toEqual(['pizza']);
  });

  it('counts a family of n as the root of n', () => {
    for (const members of groupBy(items, ({ family }) => family).values()) {
      const sum = members.reduce((total, { weight }) => total + weight, 0);
      expect(sum).toBeCloseTo(Math.sqrt(members.length), 9);
    }
  });

  it('holds about a tenth out, whole families only', () => {
    expect(heldOut.length / items.length).toBeGreaterThan(0.08);
    expect(heldOut.length / items.length).toBeLessThan(0.12);
    for (const members of groupBy(items, ({ family }) => family).values()) {
      expect(new Set(members.map(({ split }) => split)).size).toBe(1);
    }
  });

  it('never moves the split', () => {
    const list = readFileSync(join(import.meta.dirname, '../golden/data/held-out.txt'), 'utf8');
    expect(heldOut.map(({ id, name }) => `${id} ${name}`)).toEqual(list.trimEnd().split('\n'));
  });

  it('knows what may be mirrored', () => {
    const mirrorable = ['pizza', 'cat face', 'automobile', 'moon cake', 'grinning face', 'man singer'];
    const directed = [
      'A button (blood type)',
      'eight o’clock',
      'person running',
      'right arrow',
      'first quarter moon',
    ];
    expect(mirrorable.filter((name) => !named(name).mirrorable)).toEqual([]);
    expect(directed.filter((name) => named(name).mirrorable)).toEqual([]);
    expect(named('person running: facing right').mirrorable).toBe(false);
  });
});
