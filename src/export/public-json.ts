import { writeFileSync } from 'node:fs';
import { MAX_LIST_BYTES, readText } from '../files/read-text.js';

type JsonObject = Readonly<Record<string, unknown>>;

/** Fields of configurations that tell where files lay on the machine they were written on. */
const localFields = new Set([
  '_name_or_path',
  '_commit_hash',
  'name_or_path',
  'special_tokens_map_file',
  'tokenizer_file',
]);

const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const markedFloat = /"\\u0000(-?[\d.eE+-]+)"/g;

/** The text of a configuration for others, without what is true on one machine alone. */
export function publicJson(text: string, changes: JsonObject = {}): string {
  const fields = Object.entries(JSON.parse(markFloats(text)) as JsonObject);
  const kept = Object.fromEntries(fields.filter(([name]) => !localFields.has(name)));
  const written = JSON.stringify({ ...kept, ...changes }, null, 2);
  return `${written.replaceAll(markedFloat, '$1')}\n`;
}

/** Copies a configuration as {@link publicJson}. */
export function copyPublicJson(from: string, to: string): void {
  writeFileSync(to, publicJson(readText(from, MAX_LIST_BYTES)));
}

/** JavaScript would write 1.0 as 1, and Python refuses a whole number where it wants a float: such numbers become strings until they are written. */
function markFloats(text: string): string {
  return text.replaceAll(stringOrNumber, (token) =>
    !token.startsWith('"') && /[.eE]/.test(token) ? `"\\u0000${token}"` : token,
  );
}
