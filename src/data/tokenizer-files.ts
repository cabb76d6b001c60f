import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { MAX_LIST_BYTES, readText } from '../files/read-text.js';
import { describeFound } from '../errors/describe-found.js';
import { checkShape } from '../files/check-shape.js';
import { parseJson } from '../files/parse-json.js';
import { clipWordPattern, endOfWord } from './clip-pre-tokenizer.js';
import { DataError, reasonOf } from './data-error.js';
import type { Normalizer } from './tokenizer-steps.js';
import {
  MAX_TOKENS,
  specialText,
  tokenizerJsonSchema,
  vocabularySchema,
  type TokenizerJson,
} from './tokenizer-json.js';

/** A special token, written as its text or as an object that has it. */
const tokenSchema = z.union([
  specialText,
  z.object({ content: specialText }).transform(({ content }) => content),
]);

/** CLIP's own, and those that read a `tokenizer.json` as it is. */
const tokenizerClasses = [
  'CLIPTokenizer',
  'CLIPTokenizerFast',
  'PreTrainedTokenizerFast',
  'TokenizersBackend',
] as const;

const configSchema = z.object({
  bos_token: tokenSchema.default('<|startoftext|>'),
  eos_token: tokenSchema.default('<|endoftext|>'),
  unk_token: tokenSchema.default('<|endoftext|>'),
  pad_token: tokenSchema.nullish(),
  model_max_length: z.number().nullish(),
  /** Others split texts in other ways, from files of the same names. */
  tokenizer_class: z
    .enum(tokenizerClasses, {
      error: ({ input }) => `expected one of ${tokenizerClasses.join(', ')}, found ${describeFound(input)}`,
    })
    .optional(),
});

export type TokenizerConfig = z.infer<typeof configSchema>;

/** @throws DataError naming the file that is missing or malformed */
export function readTokenizerConfig(folder: string): TokenizerConfig {
  const special = join(folder, 'special_tokens_map.json');
  const map = existsSync(special) ? readJson(special, z.record(z.string(), z.unknown())) : {};
  const path = join(folder, 'tokenizer_config.json');
  const config = existsSync(path) ? readJson(path, z.record(z.string(), z.unknown())) : {};
  return parse({ ...map, ...config }, configSchema, path);
}

/**
 * Reads `vocab.json` and `merges.txt` as CLIP's tokenizer means them, else `tokenizer.json` as it is.
 * @throws DataError naming the file that is missing or malformed
 */
export function readTokenizerJson(folder: string, config: TokenizerConfig): TokenizerJson {
  const vocabularyPath = join(folder, 'vocab.json');
  const mergesPath = join(folder, 'merges.txt');
  if (!existsSync(vocabularyPath) || !existsSync(mergesPath)) return readSingleFile(folder, config);
  const vocab = readJson(vocabularyPath, vocabularySchema);
  return buildClipTokenizer(vocab, readMerges(mergesPath, vocab), specialsOf(config), config);
}

function readSingleFile(folder: string, config: TokenizerConfig): TokenizerJson {
  const path = join(folder, 'tokenizer.json');
  if (existsSync(path)) {
    const json = readJson(path, tokenizerJsonSchema);
    const normalizer = json.normalizer === null ? null : withPlainSigma(json.normalizer);
    return { ...json, normalizer, added_tokens: [...json.added_tokens, ...absentSpecials(json, config)] };
  }
  throw new DataError(
    'DATA_TOKENIZER',
    'no tokenizer: neither vocab.json with merges.txt nor tokenizer.json is here',
    {
      where: folder,
      hint: "name a model's tokenizer/ folder",
    },
  );
}

function specialsOf({ bos_token: bos, eos_token: eos, unk_token: unknown, pad_token: pad }: TokenizerConfig) {
  return [...new Set([bos, eos, unknown, pad ?? eos])];
}

/** Special tokens of the configuration that the file takes for words; as in transformers, the configuration's word counts. */
function absentSpecials({ model, added_tokens: added }: TokenizerJson, config: TokenizerConfig) {
  return specialsOf(config)
    .filter((token) => added.every(({ content }) => content !== token))
    .filter((token) => Object.hasOwn(model.vocab, token))
    .map((content) => ({ id: model.vocab[content] ?? -1, content, ...specialFlags }));
}

/** A normalizer whose lowering of letters keeps JavaScript from ending Greek words in a final sigma, which the reference does not. */
function withPlainSigma(normalizer: Normalizer): Normalizer {
  const steps = normalizer.type === 'Sequence' ? normalizer.normalizers : [normalizer];
  return {
    type: 'Sequence',
    normalizers: steps.flatMap((step) => (step.type === 'Lowercase' ? [plainSigma, step] : [step])),
  };
}

const plainSigma = { type: 'Replace', pattern: { String: 'Σ' }, content: 'σ' } as const;
const specialFlags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };

/** What transformers' CLIPTokenizer makes of a vocabulary and merges. */
function buildClipTokenizer(
  vocab: Readonly<Record<string, number>>,
  merges: readonly (readonly [string, string])[],
  specials: readonly string[],
  { unk_token: unknown }: TokenizerConfig,
): TokenizerJson {
  const idOf = (token: string) => vocab[token] ?? -1;
  return {
    added_tokens: specials
      .filter((token) => Object.hasOwn(vocab, token))
      .map((content) => ({ id: idOf(content), content, ...specialFlags })),
    normalizer: withPlainSigma({
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    }),
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: clipWordPattern }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
      ],
    },
    post_processor: null,
    decoder: null,
    model: { type: 'BPE', vocab, merges, unk_token: unknown, end_of_word_suffix: endOfWord },
  };
}

/** Lines of two tokens, whose sum has to be in the vocabulary; a first line may give the version. */
function readMerges(path: string, vocab: Readonly<Record<string, number>>): [string, string][] {
  const lines = readTokenizerText(path).split('\n', MAX_TOKENS + 1);
  if (lines.length > MAX_TOKENS)
    throw new DataError('DATA_TOKENIZER', `expected at most ${MAX_TOKENS} merges, found more`, {
      where: path,
    });
  const isVersion = lines[0]?.startsWith('#version') === true;
  return lines.flatMap((line, i) => {
    const merge = line.trimEnd();
    if (merge === '' || (i === 0 && isVersion)) return [];
    const [first, second, ...rest] = merge.split(' ');
    if (first && second && rest.length === 0 && Object.hasOwn(vocab, first + second))
      return [[first, second]];
    const message = `expected two tokens that make one of vocab.json, found ${describeFound(merge)}`;
    throw new DataError('DATA_TOKENIZER', message, { where: `${path}:${i + 1}` });
  });
}

function readJson<T>(path: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = parseJson(readTokenizerText(path), 5 * MAX_TOKENS);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError('DATA_TOKENIZER', `is no JSON: ${reasonOf(cause)}`, { where: path, cause });
  }
  return parse(value, schema, path);
}

function parse<T>(value: unknown, schema: z.ZodType<T>, path: string): T {
  const parsed = checkShape(schema, value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, 8).map(describeIssue);
  throw new DataError('DATA_TOKENIZER', problems.join('; '), {
    where: path,
    hint: "expected are the files of CLIP's tokenizer, as save_pretrained writes them",
  });
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const at = issue.path.map((key) => String(key).slice(0, 60)).join('.');
  const message = issue.message.slice(0, 300);
  return at === '' ? message : `${at}: ${message}`;
}

function readTokenizerText(path: string): string {
  try {
    return readText(path, MAX_LIST_BYTES);
  } catch (cause) {
    throw new DataError('DATA_TOKENIZER', `can't be read: ${reasonOf(cause)}`, { where: path, cause });
  }
}
