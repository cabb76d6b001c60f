import { dirname, join } from 'node:path';

/** Where a run's lock and checkpoints lie: a folder of the run's name beside the database. */
export function runDirectory(databasePath: string, runId: string): string {
  return join(dirname(databasePath), runId);
}

/** What whoever works on a run holds. */
export function runLockPath(databasePath: string, runId: string): string {
  return join(runDirectory(databasePath, runId), 'run.lock');
}
