import { readdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { isRunId } from '../run-id.js';

/**
 * A file of no bytes is a new database to SQLite; beside the folders of runs it is what is left of one.
 * @throws SnapEvoError `STORE_EMPTIED`
 */
export function checkNotEmptied(path: string): void {
  if (!isEmpty(path)) return;
  const run = readdirSync(dirname(path)).find(isRunId);
  // somebody may have made the database, and begun the run, between the two looks
  if (run === undefined || !isEmpty(path)) return;
  throw new SnapEvoError({
    code: 'STORE_EMPTIED',
    message: `expected the database of the runs that lie beside it, such as ${run}, found an empty file`,
    where: path,
    hint: 'Restore it from a copy; or delete it to begin a new one, which will not know those runs.',
  });
}

function isEmpty(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.size === 0;
}
