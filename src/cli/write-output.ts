import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFile } from '../files/replace-file.js';
import { SnapEvoError } from '../errors/snapevo-error.js';

/**
 * Writes a file that the user asked for, whole or not at all, and the folders to it.
 * @throws SnapEvoError `OUTPUT_UNWRITABLE`
 */
export function writeOutput(path: string, content: Uint8Array): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    replaceFile(path, content);
  } catch (cause) {
    throw new SnapEvoError({
      code: 'OUTPUT_UNWRITABLE',
      message: `expected a file that can be written: ${cause instanceof Error ? cause.message : String(cause)}`,
      where: path,
      hint: 'Name another file with --out.',
      cause,
    });
  }
}
