/** Far deeper than any file of a model; deeper ones end what walks through them with a stack overflow. */
const MAX_DEPTH = 64;

/** Far more than any vocabulary or list of captions has; a value may take 30 times the memory of its text. */
const MAX_VALUES = 20_000_000;

const [quote, backslash, comma, openBracket, closeBracket, openBrace, closeBrace] = Array.from(
  '"\\,[]{}',
  (mark) => mark.charCodeAt(0),
);

/**
 * What a stranger's JSON holds.
 * @throws Error for what is no JSON, is nested deeper than 64 levels, or holds more than 20 million values
 */
export function parseJson(text: string): unknown {
  requireLimits(text);
  return JSON.parse(text) as unknown;
}

/** Counts before anything is built: commas and what opens stand for values. */
function requireLimits(text: string): void {
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
    if (values > MAX_VALUES) throw new Error(`expected JSON of at most ${MAX_VALUES} values, found more`);
  }
}

/** Where the string that opens at `open` closes. */
export function closingQuote(json: string, open: number): number {
  let at = open + 1;
  while (at < json.length && json.charCodeAt(at) !== quote) at += json.charCodeAt(at) === backslash ? 2 : 1;
  return at;
}
