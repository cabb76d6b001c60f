import { MAX_DATA_BYTES, readText } from '../files/read-text.js';
import { DataError, reasonOf } from './data-error.js';

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/** Lines of a UTF-8 file that are not blank, trimmed. @throws DataError when there are none or the file can't be read */
export function readLines(path: string): Line[] {
  const lines = readData(path)
    .split(/\r?\n/)
    .map((text, i) => ({ number: i + 1, text: text.trim() }))
    .filter(({ text }) => text !== '');
  if (lines.length > 0) return lines;
  throw new DataError('DATA_EMPTY', 'has no line that is not blank', { where: path });
}

/** A UTF-8 file's text. @throws DataError `DATA_UNREADABLE` */
export function readData(path: string): string {
  try {
    return readText(path, MAX_DATA_BYTES);
  } catch (cause) {
    throw new DataError('DATA_UNREADABLE', `can't be read as UTF-8 text: ${reasonOf(cause)}`, {
      where: path,
      cause,
    });
  }
}
