import { byteSymbols, endOfWord, endToken, splitIntoSymbols, startToken } from './clip-pre-tokenizer.js';

/** A byte-level BPE vocabulary in CLIP's order: bytes, bytes that end a word, merged pairs, start and end tokens. */
export interface BpeVocabulary {
  readonly tokens: readonly string[];
  readonly merges: readonly (readonly [string, string])[];
}

interface Word {
  readonly symbols: string[];
  readonly count: number;
}

/**
 * Learns merges from texts until there are `vocabularySize` tokens or no pair occurs twice (Sennrich et al. 2016, "Neural
 * Machine Translation of Rare Words with Subword Units", over bytes). Equally frequent pairs are taken in code-point order, so the
 * result depends on the texts alone and not on their order.
 */
export function trainBpe(texts: readonly string[], vocabularySize: number): BpeVocabulary {
  const base = [...byteSymbols, ...byteSymbols.map((symbol) => symbol + endOfWord)];
  const maxMerges = vocabularySize - base.length - 2;
  let words = countWords(texts);
  const merges: (readonly [string, string])[] = [];
  while (merges.length < maxMerges) {
    const pair = findMostFrequentPair(words);
    if (pair === undefined) break;
    merges.push(pair);
    words = words.map((word) => mergePair(word, pair));
  }
  return { tokens: [...base, ...merges.map(([a, b]) => a + b), startToken, endToken], merges };
}

function countWords(texts: readonly string[]): Word[] {
  const counts = new Map<string, number>();
  for (const word of texts.flatMap(splitIntoSymbols)) {
    const key = word.join(' ');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => ({ symbols: key.split(' '), count }));
}

function findMostFrequentPair(words: readonly Word[]): readonly [string, string] | undefined {
  let best = '';
  let bestCount = 1;
  for (const [pair, count] of countPairs(words)) {
    if (count > bestCount || (count === bestCount && best !== '' && pair < best)) {
      best = pair;
      bestCount = count;
    }
  }
  if (best === '') return undefined;
  const [first = '', second = ''] = best.split(' ');
  return [first, second];
}

function countPairs(words: readonly Word[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { symbols, count } of words) {
    for (let i = 1; i < symbols.length; i++) {
      const pair = `${symbols[i - 1] ?? ''} ${symbols[i] ?? ''}`;
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  }
  return counts;
}

function mergePair(word: Word, [first, second]: readonly [string, string]): Word {
  if (!word.symbols.includes(first)) return word;
  const symbols: string[] = [];
  for (const symbol of word.symbols) {
    if (symbol === second && symbols.at(-1) === first) symbols[symbols.length - 1] = first + second;
    else symbols.push(symbol);
  }
  return { symbols, count: word.count };
}
