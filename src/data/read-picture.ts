import { readBytes } from '../files/read-bytes.js';
import { DataError, isMissing, reasonOf } from './data-error.js';

/** A picture's file: five times what a camera's makes. */
const MAX_BYTES = 64 * 2 ** 20;

/**
 * The bytes of a stranger's picture.
 * @throws DataError `DATA_UNREADABLE` for what is no file, or is too large
 */
export function readPicture(path: string): Uint8Array {
  try {
    return readBytes(path, MAX_BYTES);
  } catch (cause) {
    throw unreadablePicture(path, cause);
  }
}

/** Why a picture can't be read, or not as one. */
export function unreadablePicture(path: string, cause: unknown): DataError {
  const found = `can't be read as a picture: ${reasonOf(cause)}`;
  const message = isMissing(cause) ? 'expected a file, found none' : found;
  const hint =
    'put a whole copy in its place, or take it off the list of pictures; a run that was begun with it goes on from there with `resume --force`, since its pictures are others then';
  return new DataError('DATA_UNREADABLE', message, { where: path, hint, cause });
}
