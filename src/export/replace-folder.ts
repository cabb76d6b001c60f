import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { syncFolder } from '../files/sync-folder.js';
import type { ExportDtype } from './exported-model.js';

/** The file that tells a folder of ours from others. */
const markFile = 'snapevo-export.json';

/** What the mark says of an export. */
export interface ExportMark {
  readonly format: 'diffusers' | 'onnx';
  readonly dtype: ExportDtype;
  /** Hash of the architecture. */
  readonly architecture: string;
  readonly snapevoVersion: string;
}

/**
 * Writes a folder that is there whole or not at all: beside where it goes, then renamed.
 * @param force an earlier export that is there already is replaced
 * @param write fills the folder, and gives what its mark is to say
 * @throws SnapEvoError `EXPORT_FOLDER_TAKEN` before anything is written, `OUTPUT_UNWRITABLE`, and what `write` throws
 */
export async function replaceFolder<T extends { readonly mark: ExportMark }>(
  out: string,
  { force }: { readonly force: boolean },
  write: (folder: string) => Promise<T>,
): Promise<T> {
  refuseTaken(out, force);
  const unfinished = `${out}.${process.pid}.unfinished`;
  make(unfinished);
  try {
    const written = await write(unfinished);
    writeFileSync(join(unfinished, markFile), `${JSON.stringify(written.mark, null, 2)}\n`);
    exchange(out, unfinished, force);
    return written;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/**
 * Refuses a folder that holds anything but an export that may be replaced.
 * @throws SnapEvoError `EXPORT_FOLDER_TAKEN`
 */
function refuseTaken(out: string, force: boolean): void {
  if (!existsSync(out) || (statSync(out).isDirectory() && readdirSync(out).length === 0)) return;
  const isOurs = existsSync(join(out, markFile));
  if (isOurs && force) return;
  throw new SnapEvoError({
    code: 'EXPORT_FOLDER_TAKEN',
    message: `expected no folder, or an empty one, found ${isOurs ? 'an earlier export' : 'something else'}`,
    where: out,
    hint: isOurs ? 'Replace it with --force, or name another folder.' : 'Name another folder with --out.',
  });
}

function make(folder: string): void {
  try {
    makeWithParents(folder);
  } catch (cause) {
    throw new SnapEvoError({
      code: 'OUTPUT_UNWRITABLE',
      message: `expected a folder that can be made: ${cause instanceof Error ? cause.message : String(cause)}`,
      where: folder,
      hint: 'Name another folder with --out.',
      cause,
    });
  }
}

/** One by one: Node's own way never ends where a folder that is there says of a new one that it isn't, as `/proc` does. */
function makeWithParents(folder: string): void {
  if (existsSync(folder)) return;
  makeWithParents(dirname(folder));
  mkdirSync(folder);
}

/** An earlier export makes way only now, and is looked at once more: it may have become something else meanwhile. */
function exchange(out: string, finished: string, force: boolean): void {
  refuseTaken(out, force);
  const former = `${finished}.former`;
  if (existsSync(out)) renameSync(out, former);
  try {
    renameSync(finished, out);
  } catch (error) {
    if (existsSync(former)) renameSync(former, out);
    throw error;
  }
  syncFolder(dirname(out));
  rmSync(former, { recursive: true, force: true });
}
