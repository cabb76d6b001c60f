/** Far deeper than any file of a model; deeper ones end what walks through them with a stack overflow. */
const MAX_DEPTH = 64;

/** Of what describes a model: ten times what the largest have. A value may take 30 times the memory of its text, a key even more. */
const MAX_VALUES = 1_000_000;

const [quote, backslash, comma, openBracket, closeBracket, openBrace, closeBrace] = Array.from(
  '"\\,[]{}',
  (mark) => mark.charCodeAt(0),
);

/**
 * What a stranger's JSON holds.
 * @param maxValues how many keys and values, for lists that grow with more than a model; a million unless told otherwise
 * @throws Error for what is no JSON, is nested deeper than 64 levels, or holds more values
 */
export function parseJson(text: string, maxValues = MAX_VALUES): unknown {
  requireLimits(text, maxValues);
  return JSON.parse(text) as unknown;
}

/** Counts before anything is built: commas and what opens stand for values. */
function requireLimits(text: string, maxValues: number): void {
  let [depth, values] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const mark = text.charCodeAt(at);
    if (mark === quote) at = closingQuote(text, at);
    else if (mark === comma) values += 1;
    else if (mark === openBracket || mark === openBrace) {
      depth += 1;
      values += 1;
      if (depth > MAX_DEPTH)
        throw new Error(`expected JSON nested at most ${MAX_DEPTH} levels deep, found more`);
    } else if (mark === closeBracket || mark === closeBrace) depth -= 1;
    if (values > maxValues) throw new Error(`expected JSON of at most ${maxValues} values, found more`);
  }
}

/** Where the string that opens at `open` closes. */
export function closingQuote(json: string, open: number): number {
  let at = open + 1;
  while (at < json.length && json.charCodeAt(at) !== quote) at += json.charCodeAt(at) === backslash ? 2 : 1;
  return at;
}
