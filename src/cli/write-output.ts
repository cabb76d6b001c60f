import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SnapEvoError } from '../errors/snapevo-error.js';

/**
 * Writes a file that the user asked for, and the folders to it.
 * @throws SnapEvoError `OUTPUT_UNWRITABLE`
 */
export function writeOutput(path: string, content: Uint8Array): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
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
