import fc from 'fast-check';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadTokenizer } from '../../../src/data/tokenizer.js';
import { fuzzed } from '../fuzzed-parser.js';
import { anyBytes, hostileJsonBytes, mutatedBytes } from '../mutations.js';

const vocab = { a: 0, 'b</w>': 1, 'ab</w>': 2, '<|startoftext|>': 3, '<|endoftext|>': 4, 'a</w>': 5, '!': 6 };
const config = {
  ...{ tokenizer_class: 'CLIPTokenizer', model_max_length: 8, pad_token: '!' },
  ...{ bos_token: '<|startoftext|>', eos_token: { content: '<|endoftext|>', lstrip: false } },
};
const merges = '#version: 0.2\na b</w>\n';
/** CLIP's own, as transformers writes it, of these few tokens. */
const golden = JSON.parse(
  readFileSync(new URL('../../golden/data/single-file/tokenizer.json', import.meta.url), 'utf8'),
) as { readonly added_tokens: readonly object[]; readonly model: object };
const single = {
  ...golden,
  added_tokens: golden.added_tokens.map((token, i) => ({ ...token, id: 3 + i })),
  post_processor: { type: 'RobertaProcessing', sep: ['<|endoftext|>', 4], cls: ['<|startoftext|>', 3] },
  model: { ...golden.model, vocab, merges: [['a', 'b</w>']] },
};

/** A regular expression of somebody's own, in each place that takes one. */
const ownPattern = fc
  .oneof(
    fc.constantFrom('^(a+)+$', '(a|a)*$', '(?:a*)*b', '[', '\\p{Nothing}', ''),
    fc.string({ maxLength: 20 }),
  )
  .chain((Regex) =>
    fc.constantFrom<object>(
      {
        ...single,
        pre_tokenizer: { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false },
      },
      { ...single, normalizer: { type: 'Replace', pattern: { Regex }, content: '' } },
      { ...single, normalizer: { type: 'Replace', pattern: { String: Regex }, content: 'aa' } },
    ),
  )
  .map((json) => Buffer.from(JSON.stringify(json)));

const texts = [
  '',
  'ab a! aB',
  `${'a'.repeat(2_000)}!`,
  ' \n\t'.repeat(300),
  '\ud800\0\u202e',
  "it's 猫 İΣ ﷺ",
];

/** Loads a folder of these files and encodes texts that are hard on tokenizers. */
function load(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const tokenizer = loadTokenizer(folder);
  for (const text of texts) {
    const ids = tokenizer.encode(text);
    if (ids.length !== tokenizer.maxLength || ids.some((id) => id < 0 || id >= tokenizer.vocabSize))
      throw new Error(`ids beyond the vocabulary of ${tokenizer.vocabSize}: ${ids.join(' ')}`);
  }
}

const valid = {
  'vocab.json': JSON.stringify(vocab),
  'merges.txt': merges,
  'tokenizer_config.json': JSON.stringify(config),
  'special_tokens_map.json': '{}',
};
const changedFile = fc.oneof(
  fc.tuple(fc.constant('vocab.json'), hostileJsonBytes(vocab)),
  fc.tuple(fc.constant('merges.txt'), fc.oneof(mutatedBytes(Buffer.from(merges)), anyBytes)),
  fc.tuple(fc.constant('tokenizer_config.json'), hostileJsonBytes(config)),
  fc.tuple(
    fc.constant('special_tokens_map.json'),
    hostileJsonBytes({ bos_token: '<|startoftext|>', unk_token: 'a' }),
  ),
);

export const tokenizerFiles = fuzzed({
  name: 'vocab.json, merges.txt and their configuration',
  inputs: changedFile,
  read: ([name, bytes], folder) => {
    load(folder, { ...valid, [name]: bytes });
  },
});

export const tokenizerJson = fuzzed({
  name: 'tokenizer.json',
  inputs: fc.oneof({ weight: 5, arbitrary: hostileJsonBytes(single) }, { weight: 1, arbitrary: ownPattern }),
  read: (bytes, folder) => {
    rmSync(join(folder, 'vocab.json'), { force: true });
    load(folder, { 'tokenizer.json': bytes, 'tokenizer_config.json': JSON.stringify(config) });
  },
});
