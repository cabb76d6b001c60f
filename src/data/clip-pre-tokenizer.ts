export const startToken = '<|startoftext|>';
export const endToken = '<|endoftext|>';

/** Ends the last symbol of each word. */
export const endOfWord = '</w>';

/** CLIP's words, in the notation that JavaScript and Oniguruma share. */
export const clipWordPattern =
  "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

const wordPattern = new RegExp(clipWordPattern, 'gu');

/** Visible characters standing for the 256 bytes, as GPT-2 and CLIP number them: first those that are printable Latin-1. */
export const byteSymbols: readonly string[] = listByteSymbols().map(([, symbol]) => symbol);

const symbolOfByte: ReadonlyMap<number, string> = new Map(listByteSymbols());

/** NFC and lower case, letter by letter as the reference does (JavaScript's own would end Greek words in a final sigma). */
function normalizeForClip(text: string): string {
  return Array.from(text.normalize('NFC').replace(/\s+/gu, ' '), (letter) => letter.toLowerCase()).join('');
}

/** Splits a text into words, each a list of byte symbols whose last one bears the end-of-word mark. */
export function splitIntoSymbols(text: string): string[][] {
  const words = normalizeForClip(text).match(wordPattern) ?? [];
  return words.map((word) => {
    const symbols = Array.from(Buffer.from(word, 'utf8'), (byte) => symbolOfByte.get(byte) ?? '');
    return [...symbols.slice(0, -1), `${symbols.at(-1) ?? ''}${endOfWord}`];
  });
}

function listByteSymbols(): [byte: number, symbol: string][] {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const printable = bytes.filter(isPrintableLatin1);
  const others = bytes.filter((byte) => !isPrintableLatin1(byte));
  return [
    ...printable.map((byte): [number, string] => [byte, String.fromCharCode(byte)]),
    ...others.map((byte, i): [number, string] => [byte, String.fromCharCode(256 + i)]),
  ];
}

function isPrintableLatin1(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
}
