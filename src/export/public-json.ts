import { writeFileSync } from 'node:fs';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { closingQuote, parseJson } from '../files/parse-json.js';
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

/** Absolute, or under somebody's home; a lone slash may be a token. */
const localPath = /^(?:~?\/[^/\s]+\/|[a-z]:[\\/]|\\\\|file:)/i;

const markedFloat = /"\\u0000(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"/g;

/**
 * The text of a configuration for others, without what is true on one machine alone.
 * @throws Error for what is no JSON object, or nested without end
 */
export function publicJson(text: string, changes: JsonObject = {}): string {
  const isObject = /^\s*\{/.test(text);
  if (!isObject || parseJson(text) === null) throw new Error('expected a JSON object');
  const kept = withoutLocal(JSON.parse(markFloats(text))) as JsonObject;
  const written = JSON.stringify({ ...kept, ...changes }, null, 2);
  return `${written.replaceAll(markedFloat, '$1')}\n`;
}

/**
 * Copies a configuration as {@link publicJson}.
 * @throws SnapEvoError `MODEL_UNREADABLE`
 */
export function copyPublicJson(from: string, to: string): void {
  writeFileSync(to, readPublicJson(from));
}

function readPublicJson(path: string): string {
  try {
    return publicJson(readText(path, MAX_LIST_BYTES));
  } catch (cause) {
    throw new SnapEvoError({
      code: 'MODEL_UNREADABLE',
      message: `expected a configuration of the model, found none: ${cause instanceof Error ? cause.message : String(cause)}`,
      where: path,
      hint: 'Point to a folder that save_pretrained wrote.',
      cause,
    });
  }
}

/** Whatever the depth: a part may have its parts' configurations in its own. */
function withoutLocal(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isLocalPath(item)).map(withoutLocal);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, held]) => !localFields.has(name) && !isLocalPath(held))
      .map(([name, held]) => [name, withoutLocal(held)]),
  );
}

function isLocalPath(value: unknown): boolean {
  return typeof value === 'string' && localPath.test(value);
}

/** JavaScript would write 1.0 as 1, and Python refuses a whole number where it wants a float: such numbers become strings until they are written. */
function markFloats(validJson: string): string {
  const parts: string[] = [];
  let end = 0;
  for (let open = validJson.indexOf('"'); open >= 0; open = validJson.indexOf('"', end)) {
    const close = closingQuote(validJson, open) + 1;
    parts.push(markOutsideStrings(validJson.slice(end, open)), validJson.slice(open, close));
    end = close;
  }
  return [...parts, markOutsideStrings(validJson.slice(end))].join('');
}

function markOutsideStrings(validJson: string): string {
  return validJson.replaceAll(/[-\d][-+.\deE]*/g, (number) =>
    /[.eE]/.test(number) ? `"\\u0000${number}"` : number,
  );
}
