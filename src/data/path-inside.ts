import { existsSync } from 'node:fs';
import { isAbsolute, join, normalize, win32 } from 'node:path';
import { describeFound } from '../errors/describe-found.js';
import { DataError } from './data-error.js';

/**
 * Where a file is that a list from strangers names. Links are followed, since the Hugging Face cache is made of them.
 * @param where of the name, for errors
 * @throws DataError `DATA_OUTSIDE_FOLDER` for names that lead elsewhere, `DATA_INVALID_LINE` where nothing is there
 */
export function pathInside(folder: string, fileName: string, where: string): string {
  const relative = normalize(fileName);
  const leaves = relative.split(/[/\\]/).includes('..') || isAbsolute(relative) || win32.isAbsolute(fileName);
  if (leaves || /^[a-z]:/i.test(fileName) || fileName.includes('\0')) {
    throw new DataError('DATA_OUTSIDE_FOLDER', `${describeFound(fileName)} leads outside the folder`, {
      where,
    });
  }
  const path = join(folder, relative);
  if (!/^\.[/\\]?$/.test(relative) && existsSync(path)) return path;
  throw new DataError('DATA_INVALID_LINE', `names a file that is not there: ${describeFound(fileName)}`, {
    where,
  });
}
