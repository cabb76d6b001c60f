import { describe, expect, it } from 'vitest';
import { loadTokenizer } from '../../src/data/tokenizer.js';
import { errorOf, folderWith } from './fixtures.js';
import { plainTokenizer, singleFile } from './plain-tokenizer.js';

const vocab = { a: 0, 'b</w>': 1, 'ab</w>': 2, '<|startoftext|>': 3, '<|endoftext|>': 4 };
const plain = plainTokenizer(vocab);
const { model } = plain;

/** A tokenizer.json with these fields in place of its own. */
function load(changes: object) {
  return loadTokenizer(folderWithJson(JSON.stringify({ ...plain, ...changes })));
}

function folderWithJson(text: string): string {
  return folderWith(singleFile(text));
}

const split = (Regex: string) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false });
const nested = (depth: number): string =>
  `{"type":"Sequence","normalizers":[${depth === 0 ? '' : nested(depth - 1)}]}`;

describe('a tokenizer.json', () => {
  it.each([
    ['a regular expression that takes without end', { pre_tokenizer: split('^(a+)+$') }],
    ['one that replaces', { normalizer: { type: 'Replace', pattern: { Regex: '(a|a)*$' }, content: '' } }],
    ['a Replace without a pattern', { normalizer: { type: 'Replace', content: 'b' } }],
    ['a text that grows', { normalizer: { type: 'Replace', pattern: { String: 'a' }, content: 'aa' } }],
    ['a text of nothing', { normalizer: { type: 'Replace', pattern: { String: '' }, content: '' } }],
    ['words of no letters', { pre_tokenizer: { type: 'FixedLength', length: 0 } }],
    ['a normalizer that nobody knows', { normalizer: { type: 'Shout' } }],
    ['a pre-tokenizer that is a text', { pre_tokenizer: 'Whitespace' }],
    [
      'a thousand steps',
      { normalizer: { type: 'Sequence', normalizers: Array(1000).fill({ type: 'NFC' }) } },
    ],
    ['another model', { model: { ...model, type: 'Unigram', merges: [] } }],
    ['merges of three', { model: { ...model, merges: ['a b c'] } }],
    ['merges of numbers', { model: { ...model, merges: [[1, 2]] } }],
    ['an unknown token that is unknown', { model: { ...model, unk_token: 'zz' } }],
    ['ids beyond all memory', { model: { ...model, vocab: { ...vocab, c: 2 ** 31 } } }],
    ['a special token of a megabyte', { added_tokens: [{ id: 5, content: 'x'.repeat(1e6) }] }],
    ['special tokens without end', { added_tokens: Array(3000).fill({ id: 5, content: 'x' }) }],
    ['a list in place of a model', { model: [] }],
  ])('is refused that has %s', (_, changes) => {
    const [code, where, message] = errorOf(() => load(changes));
    expect(code).toBe('DATA_TOKENIZER');
    expect(where).toBeDefined();
    expect(message.length).toBeLessThan(3000);
  });

  it('is refused that is nested 3,000 deep', () => {
    const text = JSON.stringify(plain).replace('"normalizer":null', `"normalizer":${nested(3000)}`);
    const [code, , message] = errorOf(() => loadTokenizer(folderWithJson(text)));
    expect([code, message]).toEqual([
      'DATA_TOKENIZER',
      'is no JSON: expected JSON nested at most 64 levels deep, found more',
    ]);
  });

  it('is refused in few words that has a million wrong ids', () => {
    const wrong = Object.fromEntries(Array.from({ length: 1e6 }, (_, i) => [`t${i}`, 'x']));
    const message = errorOf(() => load({ model: { ...model, vocab: wrong } }))[2];
    expect(message).toBe('model.vocab: expected a whole id of each token, found {"t0":"x"}');
  });

  it('needs no post-processor that makes sense, since special tokens are put around by the reader', () => {
    const ids = [3, 2, 4, 4, 4];
    expect([...load({ post_processor: { type: 'RobertaProcessing' } }).encode('ab')]).toEqual(ids);
    expect([...load({ decoder: { type: 'Nothing' } }).encode('ab')]).toEqual(ids);
    expect([...load({ decoder: undefined, post_processor: undefined }).encode('ab')]).toEqual(ids);
  });

  it.each([
    [
      "CLIP's",
      "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
    ],
    ["CLIP's of older files", "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"],
    ["GPT-2's", "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"],
    [
      "Llama 3's",
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    ],
    [
      "Qwen 2's",
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    ],
  ])('splits by the expression that is %s', (_, expression) => {
    expect([...load({ pre_tokenizer: split(expression) }).encode('ab')]).toEqual([3, 2, 4, 4, 4]);
  });
});
