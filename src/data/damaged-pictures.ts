import { DataError } from './data-error.js';

/** Enough to see what happened; the whole of a broken copy is found by making it anew. */
const MAX_NAMED = 20;

/**
 * Says at once which pictures can't be decoded.
 * @param found what was thrown of each, at least one
 * @param count of all pictures
 * @returns the error itself where there is one only, else `DATA_PICTURES_DAMAGED`
 */
export function damagedPictures(found: readonly [DataError, ...DataError[]], count: number): DataError {
  const [first] = found;
  if (found.length === 1) return first;
  const lines = found.slice(0, MAX_NAMED).map(({ where = '', message }) => `  ${where}: ${message}`);
  const further = found.length > MAX_NAMED ? [`  and ${found.length - MAX_NAMED} more`] : [];
  return new DataError(
    'DATA_PICTURES_DAMAGED',
    `expected pictures, found ${found.length} of ${count} that are none:\n${[...lines, ...further].join('\n')}`,
    { where: first.where ?? '', hint: first.hint ?? '', cause: first },
  );
}
