import { readFileSync, writeFileSync } from 'node:fs';

type JsonObject = Readonly<Record<string, unknown>>;

/** Fields of configurations that tell where files lay on the machine they were written on. */
const localFields = new Set([
  '_name_or_path',
  '_commit_hash',
  'name_or_path',
  'special_tokens_map_file',
  'tokenizer_file',
]);

/** The text of a configuration for others, without what is true on one machine alone. */
export function publicJson(text: string, changes: JsonObject = {}): string {
  const fields = Object.entries(JSON.parse(text) as JsonObject).filter(([name]) => !localFields.has(name));
  return `${JSON.stringify({ ...Object.fromEntries(fields), ...changes }, null, 2)}\n`;
}

/** Copies a configuration as {@link publicJson}. */
export function copyPublicJson(from: string, to: string): void {
  writeFileSync(to, publicJson(readFileSync(from, 'utf8')));
}
