import { readLines } from './read-lines.js';

/**
 * Prompts of a text file, one a line, in its order; blank lines don't count.
 * @throws DataError when the file can't be read, is not UTF-8 or holds no prompt
 */
export function loadCaptionList(path: string): string[] {
  return readLines(path).map(({ text }) => text);
}
