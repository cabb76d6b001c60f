import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../files/parse-json.js';
import { replaceFile } from '../files/replace-file.js';
import { MAX_LIST_BYTES, readText } from '../files/read-text.js';
import { isSafePath } from './repository-file.js';
import { SnapEvoError } from '../errors/snapevo-error.js';

/** The record's name in the folder. */
export const PULL_RECORD_FILE = '.snapevo-pull.json';

const schema = z.object({
  repository: z.string(),
  revision: z.string(),
  variant: z.string().nullable(),
  commit: z.string(),
  complete: z.boolean(),
  files: z.array(z.object({ path: z.string().refine(isSafePath), size: z.number(), hash: z.string() })),
});

/** Which files of which commit a folder was pulled from; lies in the folder. */
export type PullRecord = z.infer<typeof schema>;

/** The record of a folder; undefined where it was not pulled. */
function readPullRecord(folder: string): PullRecord | undefined {
  const path = join(folder, PULL_RECORD_FILE);
  if (!existsSync(path)) return undefined;
  try {
    return schema.parse(parseJson(readText(path, MAX_LIST_BYTES)));
  } catch {
    return undefined;
  }
}

export function writePullRecord(folder: string, record: PullRecord): void {
  replaceFile(join(folder, PULL_RECORD_FILE), `${JSON.stringify(record, null, 2)}\n`);
}

/** Whether all that was pulled is still there, as far as sizes tell. */
export function isWhole(folder: string, { complete, files }: PullRecord): boolean {
  return (
    complete &&
    files.every(({ path, size }) => statSync(join(folder, path), { throwIfNoEntry: false })?.size === size)
  );
}

/**
 * A folder that may be pulled into: new, empty, or pulled from the same repository before.
 * @throws SnapEvoError `PULL_FOLDER_TAKEN`
 */
export function requireOwnFolder(folder: string, repository: string): PullRecord | undefined {
  const record = readPullRecord(folder);
  if (record?.repository === repository) return record;
  if (!existsSync(folder) || (statSync(folder).isDirectory() && readdirSync(folder).length === 0))
    return undefined;
  const found = record === undefined ? 'other files' : `what was pulled from ${record.repository}`;
  throw new SnapEvoError({
    code: 'PULL_FOLDER_TAKEN',
    message: `expected an empty folder or an earlier pull of ${repository}, found ${found}`,
    where: folder,
    hint: 'name another folder with --out',
  });
}
