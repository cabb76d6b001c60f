import { MAX_DATA_BYTES, readText } from '../files/read-text.js';
import { DataError, isMissing, reasonOf } from './data-error.js';

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/** Ten times what the largest caption lists in use have. */
const MAX_LINES = 5_000_000;

/** Lines of a UTF-8 file that are not blank, trimmed. @throws DataError when there are none or too many, or the file can't be read */
export function readLines(path: string): Line[] {
  const lines: Line[] = [];
  for (const line of splitLines(readData(path))) {
    const text = line.text.trim();
    if (text !== '') lines.push({ ...line, text });
    if (lines.length > MAX_LINES) {
      throw new DataError('DATA_INVALID_LINE', `expected at most ${MAX_LINES} lines, found more`, {
        where: path,
      });
    }
  }
  if (lines.length > 0) return lines;
  throw new DataError('DATA_EMPTY', 'has no line that is not blank', { where: path });
}

/** Those that hold anything, one after the other: a file of empty ones alone would be a list that takes all memory. */
function* splitLines(text: string): Generator<Line> {
  for (let [start, number] = [0, 1]; start < text.length; number++) {
    const next = text.indexOf('\n', start);
    const end = next < 0 ? text.length : next;
    if (end > start) yield { number, text: text.slice(start, end) };
    start = end + 1;
  }
}

/** A UTF-8 file's text. @throws DataError `DATA_UNREADABLE` */
export function readData(path: string): string {
  try {
    return readText(path, MAX_DATA_BYTES);
  } catch (cause) {
    const found = `can't be read as UTF-8 text: ${reasonOf(cause)}`;
    const message = isMissing(cause) ? 'expected a file, found none' : found;
    throw new DataError('DATA_UNREADABLE', message, { where: path, cause });
  }
}
