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
