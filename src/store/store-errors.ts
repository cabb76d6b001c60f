import { SnapEvoError } from '../errors/snapevo-error.js';

export function unknownRun(runId: string): SnapEvoError {
  return new SnapEvoError({
    code: 'STORE_RUN_UNKNOWN',
    message: `expected the id of a stored run, found ${JSON.stringify(runId)}`,
    hint: '`snapevo list` shows the runs.',
  });
}

export function runNotLocked(runId: string): SnapEvoError {
  return new SnapEvoError({
    code: 'STORE_RUN_NOT_LOCKED',
    message: `expected this process to hold the lock of run ${runId} before changing it, found that it does not`,
    hint: 'Call lockRun first.',
    fault: 'internal',
  });
}

/** @param holder a phrase that completes "it is held by ..." */
export function runLocked(runId: string, holder: string): SnapEvoError {
  return new SnapEvoError({
    code: 'STORE_RUN_LOCKED',
    message: `expected nobody to be working on run ${runId}, found that it is held by ${holder}`,
    where: runId,
    hint: 'Wait for that process to finish, or stop it; the lock goes with it.',
  });
}
