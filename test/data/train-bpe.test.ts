import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadEmojiDataset } from '../../src/data/emoji-dataset.js';
import { loadTokenizer } from '../../src/data/tokenizer.js';
import { writeTokenizerFolder } from '../../src/data/tokenizer-folder.js';
import { trainBpe } from '../../src/data/train-bpe.js';
import { folderWith } from './fixtures.js';

const goldenFolder = join(import.meta.dirname, '../golden/data/tokenizer');

describe('trainBpe', () => {
  it('merges the most frequent pair first, ties in code-point order', () => {
    const { merges } = trainBpe(['ab ab ab', 'cd cd', 'xy xy'], 10_000);
    expect(merges).toEqual([
      ['a', 'b</w>'],
      ['c', 'd</w>'],
      ['x', 'y</w>'],
    ]);
  });

  it('merges overlapping pairs from the left', () => {
    const { merges } = trainBpe(['aaaaa aaaaa'], 10_000);
    expect(merges.slice(0, 2)).toEqual([
      ['a', 'a'],
      ['aa', 'a</w>'],
    ]);
  });

  it('learns the same whatever the order of the texts', () => {
    const texts = ['red heart', 'red apple', 'green heart', 'green apple', 'heart of an apple'];
    expect(trainBpe([...texts].reverse(), 540)).toEqual(trainBpe(texts, 540));
  });

  it('has all bytes, as they are and ending a word, and the special tokens last', () => {
    const { tokens, merges } = trainBpe([], 1000);
    expect([tokens.length, merges.length, new Set(tokens).size]).toEqual([514, 0, 514]);
    expect(tokens.slice(0, 2)).toEqual(['!', '"']);
    expect(tokens.slice(256, 258)).toEqual(['!</w>', '"</w>']);
    expect(tokens.slice(-2)).toEqual(['<|startoftext|>', '<|endoftext|>']);
  });
});

describe("the emoji set's tokenizer", () => {
  const items = loadEmojiDataset();
  const trained = items.filter(({ split }) => split === 'train').flatMap(({ captions }) => captions);

  it('is the golden one, which transformers has read', () => {
    const folder = folderWith({});
    writeTokenizerFolder(folder, trainBpe(trained, 1500), 24);
    for (const file of ['vocab.json', 'merges.txt', 'tokenizer_config.json', 'special_tokens_map.json']) {
      expect(readFileSync(join(folder, file), 'utf8')).toBe(readFileSync(join(goldenFolder, file), 'utf8'));
    }
  });

  it('fits 99 of 100 captions, held-out ones too, into 16 tokens', () => {
    const tokenizer = loadTokenizer(goldenFolder);
    const captions = items.flatMap((item) => item.captions);
    const fitting = captions.filter((caption) => tokenizer.countTokens(caption) <= 16);
    expect(fitting.length / captions.length).toBeGreaterThan(0.99);
  });
});
