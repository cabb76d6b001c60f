import { join } from 'node:path';
import * as foreignTokenizers from '@huggingface/tokenizers';
import { DataError, reasonOf } from './data-error.js';
import type { TokenizerConfig, TokenizerJson } from './tokenizer-files.js';
import { readTokenizerConfig, readTokenizerJson } from './tokenizer-files.js';

/** Turns texts into what a text encoder reads. */
export interface Tokenizer {
  /** Tokens of every encoded text, start, end and padding included. */
  readonly maxLength: number;
  readonly bosTokenId: number;
  readonly eosTokenId: number;
  readonly padTokenId: number;
  /** One more than the largest id: rows of the text encoder's embedding. */
  readonly vocabSize: number;
  /** Ids `[maxLength]`: start, the text's tokens, cut where there are too many, end, padding. */
  encode(text: string): Int32Array;
  /** Tokens a text has before it is cut or padded, start and end included. */
  countTokens(text: string): number;
}

/** The package's own type files can't be resolved under `nodenext`: their paths lack extensions. */
interface ForeignTokenizer {
  encode(
    text: string,
    options: { readonly add_special_tokens: boolean },
  ): { readonly ids: readonly number[] };
  token_to_id(token: string): number | undefined;
}

const { Tokenizer: ForeignTokenizer } = foreignTokenizers as unknown as {
  readonly Tokenizer: new (tokenizer: object, config: object) => ForeignTokenizer;
};

/** Above this, transformers means "no limit" by `model_max_length`. */
const largestLength = 1_000_000;

/**
 * Loads a `tokenizer/` folder of diffusers or transformers: `vocab.json` with `merges.txt`, else `tokenizer.json`, and
 * `tokenizer_config.json`.
 * @throws DataError when a file is missing or malformed, or no length is given
 */
export function loadTokenizer(folder: string): Tokenizer {
  const config = readTokenizerConfig(folder);
  const json = readTokenizerJson(folder, config);
  const foreign = createForeign(json, config, folder);
  const maxLength = requireLength(config, folder);
  const bosTokenId = requireId(foreign, config.bos_token, folder);
  const eosTokenId = requireId(foreign, config.eos_token, folder);
  const padTokenId = requireId(foreign, config.pad_token ?? config.eos_token, folder);
  const contentIds = (text: string) => foreign.encode(text, { add_special_tokens: false }).ids;
  return {
    maxLength,
    bosTokenId,
    eosTokenId,
    padTokenId,
    vocabSize: largestId(json) + 1,
    countTokens: (text) => contentIds(text).length + 2,
    encode: (text) => {
      const ids = new Int32Array(maxLength).fill(padTokenId);
      ids.set([bosTokenId, ...contentIds(text).slice(0, maxLength - 2), eosTokenId]);
      return ids;
    },
  };
}

function createForeign(json: TokenizerJson, config: TokenizerConfig, folder: string): ForeignTokenizer {
  try {
    return new ForeignTokenizer(json, config);
  } catch (cause) {
    throw new DataError('DATA_TOKENIZER', `is no tokenizer we know: ${reasonOf(cause)}`, {
      where: folder,
      cause,
    });
  }
}

function requireLength({ model_max_length: length }: TokenizerConfig, folder: string): number {
  if (length !== undefined && Number.isInteger(length) && length >= 2 && length <= largestLength)
    return length;
  throw new DataError(
    'DATA_TOKENIZER',
    `expected a whole model_max_length of 2 or more, found ${length ?? 'none'}`,
    {
      where: join(folder, 'tokenizer_config.json'),
      hint: "it is the text encoder's max_position_embeddings: 77 in Stable Diffusion",
    },
  );
}

function requireId(foreign: ForeignTokenizer, token: string, folder: string): number {
  const id = foreign.token_to_id(token);
  if (id !== undefined) return id;
  throw new DataError('DATA_TOKENIZER', `the special token "${token}" is not in the vocabulary`, {
    where: folder,
  });
}

function largestId({ model, added_tokens: added }: TokenizerJson): number {
  const ids = [...Object.values(model.vocab), ...added.map(({ id }) => id)];
  return ids.reduce((largest, id) => Math.max(largest, id), -1);
}
