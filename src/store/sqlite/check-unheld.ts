import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { runLockPath } from '../run-directory.js';
import { isRunId } from '../run-id.js';
import { isRunLockHeld } from '../run-lock.js';

/**
 * Whether somebody works on a run of a database that is to be brought forward: what an older version writes then is not as the newer schema has it.
 * @throws SnapEvoError `STORE_IN_USE`
 */
export function checkUnheld(path: string): void {
  const held = readdirSync(dirname(path))
    .filter(isRunId)
    .find((runId) => isRunLockHeld(runLockPath(path, runId)));
  if (held === undefined) return;
  throw new SnapEvoError({
    code: 'STORE_IN_USE',
    message: `expected nobody to work on a run of an older version's database before it is brought forward, found that ${held} is held`,
    where: path,
    hint: 'Wait for that run to end, or stop it with Ctrl-C; until then use the SnapEvo that it was started with.',
  });
}
