import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadTokenizer } from '../../src/data/tokenizer.js';
import { errorOf, folderWith } from './fixtures.js';
import { plainTokenizer, singleFile } from './plain-tokenizer.js';

const goldenFolder = join(import.meta.dirname, '../golden/data');
const golden = z
  .object({
    facts: z.object({ length: z.int(), bos: z.int(), eos: z.int(), pad: z.int(), vocab: z.int() }),
    padded: z.array(z.array(z.int())),
    cases: z.array(z.object({ text: z.string(), ids: z.array(z.int()), count: z.int() })),
  })
  .parse(JSON.parse(readFileSync(join(goldenFolder, 'tokens.json'), 'utf8')));

/** The golden tokenizer's folder with these files in place of its own. */
function folderChanged(files: Readonly<Record<string, string>>): string {
  const folder = folderWith({});
  cpSync(join(goldenFolder, 'tokenizer'), folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

/** A tokenizer.json of a few letters, with no vocab.json beside it. */
const plainFile = (vocab: Readonly<Record<string, number>>): Readonly<Record<string, string>> =>
  singleFile(JSON.stringify(plainTokenizer(vocab)));

describe.each([
  ['vocab.json and merges.txt', 'tokenizer'],
  ['tokenizer.json alone', 'single-file'],
])("CLIP's tokenizer from %s", (_, folder) => {
  const tokenizer = loadTokenizer(join(goldenFolder, folder));

  it("has the length, special tokens and size of transformers' own", () => {
    const { maxLength, bosTokenId, eosTokenId, padTokenId, vocabSize } = tokenizer;
    const { length, bos, eos, pad, vocab } = golden.facts;
    expect([maxLength, bosTokenId, eosTokenId, padTokenId, vocabSize]).toEqual([
      length,
      bos,
      eos,
      pad,
      vocab,
    ]);
  });

  it.each(golden.cases)("gives transformers' ids for $text", ({ text, ids, count }) => {
    expect([...tokenizer.encode(text)]).toEqual(ids);
    expect(tokenizer.countTokens(text)).toBe(count);
  });

  it('counts tokens beyond the length it cuts at', () => {
    expect(tokenizer.countTokens('')).toBe(2);
    expect(tokenizer.countTokens('face '.repeat(100))).toBe(102);
  });
});

describe("CLIP's tokenizer that pads with the first token, as Stable Diffusion 2's does", () => {
  it.each([
    ['vocab.json and merges.txt', 'tokenizer'],
    ['tokenizer.json alone', 'single-file'],
  ])("gives transformers' ids from %s", (_, folder) => {
    const path = join(goldenFolder, folder, 'tokenizer_config.json');
    const config = JSON.parse(readFileSync(path, 'utf8')) as object;
    const changed = folderWith({});
    cpSync(join(goldenFolder, folder), changed, { recursive: true });
    const padding = { pad_token: '!', model_max_length: 77 };
    writeFileSync(join(changed, 'tokenizer_config.json'), JSON.stringify({ ...config, ...padding }));
    const tokenizer = loadTokenizer(changed);
    golden.cases.forEach(({ text }, i) => {
      expect([...tokenizer.encode(text)], text).toEqual(golden.padded[i]);
    });
  });
});

describe('loadTokenizer', () => {
  it('reads a tokenizer.json where there is no vocab.json', () => {
    const vocab = { a: 0, 'b</w>': 1, 'ab</w>': 2, '<|startoftext|>': 3, '<|endoftext|>': 4 };
    expect([...loadTokenizer(folderWith(plainFile(vocab))).encode('ab')]).toEqual([3, 2, 4, 4, 4]);
  });

  it('pads with the pad token where it has one of its own, however it is written', () => {
    const config = {
      model_max_length: 4,
      pad_token: { content: '!', lstrip: false },
      eos_token: '<|endoftext|>',
    };
    const tokenizer = loadTokenizer(folderChanged({ 'tokenizer_config.json': JSON.stringify(config) }));
    expect([...tokenizer.encode('')]).toEqual([1498, 1499, 0, 0]);
  });

  it.each([
    ['merges of what is no token', 'merges.txt', '#version: 0.2\n\nq zz\n', /merges\.txt:3/],
    ['merges of three', 'merges.txt', 'a b c\n', /merges\.txt:1/],
    ['a vocabulary of texts', 'vocab.json', '{"a":"b"}', /vocab\.json/],
    ['a vocabulary of fractions', 'vocab.json', '{"a":0.5}', /vocab\.json/],
    ['a vocabulary that is no JSON', 'vocab.json', '{', /vocab\.json/],
    ['no length', 'tokenizer_config.json', '{}', /tokenizer_config\.json/],
    ['an endless length', 'tokenizer_config.json', '{"model_max_length":1e30}', /tokenizer_config\.json/],
    ['a special token that is no text', 'tokenizer_config.json', '{"bos_token":5}', /tokenizer_config\.json/],
    [
      'a tokenizer of another class',
      'tokenizer_config.json',
      '{"tokenizer_class":"T5Tokenizer","model_max_length":9}',
      /tokenizer_config\.json/,
    ],
    [
      'a special token that is unknown',
      'tokenizer_config.json',
      '{"bos_token":"<s>","model_max_length":9}',
      /./,
    ],
  ])('refuses %s', (_, file, content, where) => {
    const error = errorOf(() => loadTokenizer(folderChanged({ [file]: content })));
    expect(error[0]).toBe('DATA_TOKENIZER');
    expect(error[1]).toMatch(where);
  });

  it.each([
    ['says 1e30', '{"model_max_length": 1000000000000000019884624838656}'],
    ['says null', '{"model_max_length": null}'],
    ['says nothing', '{}'],
  ])('cuts at what the text encoder has positions for where the file %s', (_, config) => {
    const folder = folderChanged({ 'tokenizer_config.json': config });
    expect(loadTokenizer(folder, 77).maxLength).toBe(77);
  });

  it('keeps a length that is said', () => {
    const folder = folderChanged({ 'tokenizer_config.json': '{"model_max_length": 9}' });
    expect(loadTokenizer(folder, 77).maxLength).toBe(9);
  });

  it('refuses a special token that only JavaScript knows, of a tokenizer in one file', () => {
    const config = JSON.stringify({ model_max_length: 9, bos_token: 'a', eos_token: 'constructor' });
    const folder = folderWith({ ...plainFile({ a: 0 }), 'tokenizer_config.json': config });
    const [code, , message] = errorOf(() => loadTokenizer(folder));
    expect(code).toBe('DATA_TOKENIZER');
    expect(message).toMatch(/"constructor" is not in the vocabulary/);
  });

  it('says what it looked for in an empty folder', () => {
    const folder = folderWith({});
    const [code, where, message] = errorOf(() => loadTokenizer(folder));
    expect([code, where]).toEqual(['DATA_TOKENIZER', folder]);
    expect(message).toMatch(/vocab\.json.*tokenizer\.json/);
  });
});
