import { z } from 'zod';
import { describeFound } from '../errors/describe-found.js';
import { normalizerSchema, preTokenizerSchema } from './tokenizer-steps.js';

/** Four times the largest vocabulary in use. */
export const MAX_TOKENS = 1_000_000;

/** Each character of each special token takes some hundred bytes where they are looked for. */
const MAX_ADDED_TOKENS = 2_000;

/** The text of a special token. */
export const specialText = z.string().max(256);

const isTokenId = (id: unknown): id is number =>
  typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < 2 ** 31;

/** Ids of tokens. Checked by hand up to the first that is wrong, since a file may have a million wrong ones. */
export const vocabularySchema = z.unknown().transform((value, context): Readonly<Record<string, number>> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse(context, value, 'an object of ids by token');
  const tokens: [string, unknown][] = Object.entries(value);
  if (tokens.length > MAX_TOKENS) return refuse(context, tokens.length, `at most ${MAX_TOKENS} tokens`);
  const wrong = tokens.find(([, id]) => !isTokenId(id));
  if (wrong !== undefined) return refuse(context, { [wrong[0]]: wrong[1] }, 'a whole id of each token');
  return value as Readonly<Record<string, number>>;
});

/** Pairs of tokens, or texts of two tokens with a blank between, as older files have them. */
const mergesSchema = z.unknown().transform((value, context): readonly (readonly [string, string])[] => {
  if (!Array.isArray(value)) return refuse(context, value, 'a list of pairs of tokens');
  if (value.length > MAX_TOKENS) return refuse(context, value.length, `at most ${MAX_TOKENS} merges`);
  const pairs: (readonly [string, string])[] = [];
  for (const merge of value as readonly unknown[]) {
    const pair: unknown = typeof merge === 'string' ? merge.split(' ', 3) : merge;
    if (!isPair(pair)) return refuse(context, merge, 'pairs of tokens');
    pairs.push(pair);
  }
  return pairs;
});

function isPair(value: unknown): value is readonly [string, string] {
  const isList = Array.isArray(value) && value.length === 2;
  return isList && value.every((token: unknown) => typeof token === 'string' && token !== '');
}

function refuse(context: z.RefinementCtx, found: unknown, expected: string): never {
  context.addIssue({ code: 'custom', message: `expected ${expected}, found ${describeFound(found)}` });
  return z.NEVER;
}

const flag = z.boolean().optional();

/**
 * A `tokenizer.json` of byte-pair encoding, of which nothing else goes to the library. What it holds for after the encoding
 * (special tokens around it, decoding) is left out.
 */
export const tokenizerJsonSchema = z.object({
  normalizer: normalizerSchema.nullable().default(null),
  pre_tokenizer: preTokenizerSchema.nullable().default(null),
  post_processor: z
    .unknown()
    .optional()
    .transform(() => null),
  decoder: z
    .unknown()
    .optional()
    .transform(() => null),
  model: z.object({
    type: z.literal('BPE').default('BPE'),
    vocab: vocabularySchema,
    merges: mergesSchema,
    unk_token: specialText.nullish(),
    end_of_word_suffix: z.string().max(16).nullish(),
    continuing_subword_prefix: z.literal('').nullish(),
    dropout: z.literal(0).nullish(),
    fuse_unk: flag,
    byte_fallback: flag,
    ignore_merges: flag,
  }),
  added_tokens: z
    .array(z.unknown())
    .max(MAX_ADDED_TOKENS)
    .pipe(
      z.array(
        z.object({
          id: z.custom<number>(isTokenId, 'expected a whole id'),
          content: specialText,
          ...{ single_word: flag, lstrip: flag, rstrip: flag, normalized: flag, special: flag },
        }),
      ),
    )
    .default([]),
});

export type TokenizerJson = z.infer<typeof tokenizerJsonSchema>;
