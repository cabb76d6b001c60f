import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The checkout's root, ending in a separator. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * @param {string} path
 * @returns {string | undefined} the file's text; undefined where there is no such file
 */
export function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
