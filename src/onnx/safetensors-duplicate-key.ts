const structure = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g;

/**
 * First key that some object of a JSON text has twice. `JSON.parse` keeps the last one silently, which would let
 * a file show two readers two different tensors. The text must be valid JSON.
 */
export function findDuplicateKey(validJson: string): string | undefined {
  const seen: (Set<string> | undefined)[] = [];
  let lastString = '';
  for (const [token] of validJson.matchAll(structure)) {
    if (token === '{') seen.push(new Set());
    else if (token === '[') seen.push(undefined);
    else if (token === '}' || token === ']') seen.pop();
    else if (token !== ':') lastString = token;
    else {
      const key: unknown = JSON.parse(lastString);
      const keys = seen.at(-1);
      if (typeof key !== 'string' || keys === undefined) continue;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}
