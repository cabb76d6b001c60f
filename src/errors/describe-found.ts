const MAX_DEPTH = 3;
const MAX_ITEMS = 8;
const MAX_TEXT = 100;
const MAX_LENGTH = 300;

/** What a terminal obeys, what ends lines, and what has text run the other way. */
const treacherous = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/**
 * A stranger's value as a message tells it: JSON, cut where it is long, wide or deep, without characters that make a message look like another one.
 */
export function describeFound(value: unknown): string {
  return cut(describe(value, MAX_DEPTH), MAX_LENGTH);
}

function describe(value: unknown, depth: number): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return quote(value);
  if (typeof value !== 'object') return describePlain(value);
  if (value === null) return 'null';
  if (Array.isArray(value)) return depth === 0 ? '[...]' : describeList(value, depth);
  return depth === 0 ? '{...}' : describeObject(value, depth);
}

/** As String() has it, which shows NaN and infinities: JSON has none. */
function describePlain(value: unknown): string {
  return typeof value === 'function' ? 'a function' : String(value);
}

function describeList(items: readonly unknown[], depth: number): string {
  const shown = items.slice(0, MAX_ITEMS).map((item) => describe(item, depth - 1));
  return `[${[...shown, ...(items.length > MAX_ITEMS ? ['...'] : [])].join(',')}]`;
}

function describeObject(value: object, depth: number): string {
  const keys = Object.keys(value);
  const shown = keys
    .slice(0, MAX_ITEMS)
    .map((key) => `${quote(key)}:${describe((value as Readonly<Record<string, unknown>>)[key], depth - 1)}`);
  return `{${[...shown, ...(keys.length > MAX_ITEMS ? ['...'] : [])].join(',')}}`;
}

function quote(text: string): string {
  const shown = JSON.stringify(text.slice(0, MAX_TEXT)).replace(treacherous, escape);
  return text.length > MAX_TEXT ? `${shown}...` : shown;
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}...` : text;
}
