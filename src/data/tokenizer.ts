import { join } from 'node:path';
import * as foreignTokenizers from '@huggingface/tokenizers';
import { describeFound } from '../errors/describe-found.js';
import { DataError, reasonOf } from './data-error.js';
import type { TokenizerConfig } from './tokenizer-files.js';
import { readTokenizerConfig, readTokenizerJson } from './tokenizer-files.js';
import type { TokenizerJson } from './tokenizer-json.js';

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

/** Above this, transformers means "no limit" by `model_max_length`: it writes 1e30. */
const largestLength = 1_000_000;

/**
 * Loads a `tokenizer/` folder of diffusers or transformers: `vocab.json` with `merges.txt`, else `tokenizer.json`, and
 * `tokenizer_config.json`.
 * @param positions tokens that the text encoder has positions for: the length where the files set no limit
 * @throws DataError when a file is missing or malformed, or nothing says how long texts may be
 */
export function loadTokenizer(folder: string, positions?: number): Tokenizer {
  const config = readTokenizerConfig(folder);
  const json = readTokenizerJson(folder, config);
  const foreign = createForeign(json, config, folder);
  const maxLength = requireLength(config, folder, positions);
  const bosTokenId = requireId(foreign, config.bos_token, folder);
  const eosTokenId = requireId(foreign, config.eos_token, folder);
  const padTokenId = requireId(foreign, config.pad_token ?? config.eos_token, folder);
  if (typeof json.model.unk_token === 'string') requireId(foreign, json.model.unk_token, folder);
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

function requireLength(
  { model_max_length: given }: TokenizerConfig,
  folder: string,
  positions: number | undefined,
): number {
  const length = typeof given !== 'number' || given > largestLength ? positions : given;
  if (length !== undefined && Number.isInteger(length) && length >= 2) return length;
  throw new DataError(
    'DATA_TOKENIZER',
    `expected a whole model_max_length of 2 or more, found ${describeFound(given)}`,
    {
      where: join(folder, 'tokenizer_config.json'),
      hint: "it is the text encoder's max_position_embeddings: 77 in Stable Diffusion",
    },
  );
}

function requireId(foreign: ForeignTokenizer, token: string, folder: string): number {
  const id = foreign.token_to_id(token);
  if (id !== undefined) return id;
  throw new DataError(
    'DATA_TOKENIZER',
    `the special token ${describeFound(token)} is not in the vocabulary`,
    {
      where: folder,
    },
  );
}

function largestId({ model, added_tokens: added }: TokenizerJson): number {
  const ids = [...Object.values(model.vocab), ...added.map(({ id }) => id)];
  return ids.reduce((largest, id) => Math.max(largest, id), -1);
}
