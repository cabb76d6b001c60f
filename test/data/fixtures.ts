import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { DataError } from '../../src/data/data-error.js';

/** A folder with these files, gone when the test is over. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'snapevo-data-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

/** The error that `act` throws, told as `[code, where, message]`. */
export function errorOf(act: () => unknown): [string, string | undefined, string] {
  try {
    act();
  } catch (error) {
    if (error instanceof DataError) return [error.code, error.where, error.message];
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** A COCO caption file on `apple.png` and `cat.png`, with more in it than is read. */
export function cocoFile(): string {
  return JSON.stringify({
    info: { year: 2017 },
    images: [
      { id: 9, file_name: 'apple.png', height: 1 },
      { id: 4, file_name: 'cat.png' },
      { id: 5, file_name: 'uncaptioned.png' },
    ],
    annotations: [
      { image_id: 4, id: 1, caption: ' a cat\n' },
      { image_id: 9, id: 2, caption: 'a red apple' },
      { image_id: 9, id: 3, caption: '' },
      { image_id: 9, id: 4, caption: 'fruit' },
      { image_id: 77, id: 5, caption: 'of no picture' },
    ],
  });
}
