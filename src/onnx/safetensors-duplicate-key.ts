import { closingQuote } from '../files/parse-json.js';

/**
 * First key that some object of a JSON text has twice. `JSON.parse` keeps the last one silently, which would let
 * a file show two readers two different tensors. The text must be valid JSON. Read by hand: a pattern for strings runs out of
 * stack on long ones.
 */
export function findDuplicateKey(validJson: string): string | undefined {
  const seen: (Set<string> | undefined)[] = [];
  let [start, end] = [0, 0];
  for (let at = 0; at < validJson.length; at++) {
    const mark = validJson[at];
    if (mark === '{') seen.push(new Set());
    else if (mark === '[') seen.push(undefined);
    else if (mark === '}' || mark === ']') seen.pop();
    else if (mark === '"') {
      start = at;
      at = closingQuote(validJson, at);
      end = at + 1;
    } else if (mark === ':') {
      const key = JSON.parse(validJson.slice(start, end)) as string;
      const keys = seen.at(-1);
      if (keys?.has(key) === true) return key;
      keys?.add(key);
    }
  }
  return undefined;
}
