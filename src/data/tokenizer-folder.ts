import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endToken, startToken } from './clip-pre-tokenizer.js';
import type { BpeVocabulary } from './train-bpe.js';

/**
 * Writes a `tokenizer/` folder as diffusers has it, which transformers' `CLIPTokenizer` and {@link loadTokenizer} load.
 * @param maxLength tokens a text is cut or padded to, start and end tokens included
 */
export function writeTokenizerFolder(
  folder: string,
  { tokens, merges }: BpeVocabulary,
  maxLength: number,
): void {
  mkdirSync(folder, { recursive: true });
  const specialTokens = {
    bos_token: startToken,
    eos_token: endToken,
    pad_token: endToken,
    unk_token: endToken,
  };
  const config = {
    tokenizer_class: 'CLIPTokenizer',
    model_max_length: maxLength,
    do_lower_case: true,
    ...specialTokens,
  };
  const mergeLines = merges.map(([first, second]) => `${first} ${second}\n`);
  writeFileSync(join(folder, 'merges.txt'), `#version: 0.2\n${mergeLines.join('')}`);
  writeFileSync(join(folder, 'vocab.json'), formatVocabulary(tokens));
  writeFileSync(join(folder, 'tokenizer_config.json'), `${JSON.stringify(config, null, 2)}\n`);
  writeFileSync(join(folder, 'special_tokens_map.json'), `${JSON.stringify(specialTokens, null, 2)}\n`);
}

/** By hand: an object would put the tokens "0" to "9" before all others. */
function formatVocabulary(tokens: readonly string[]): string {
  return `{\n${tokens.map((token, id) => `${JSON.stringify(token)}: ${id}`).join(',\n')}\n}\n`;
}
