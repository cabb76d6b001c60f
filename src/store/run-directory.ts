import { dirname, join } from 'node:path';

/** Where a run's lock and checkpoints lie: a folder of the run's name beside the database. */
export function runDirectory(databasePath: string, runId: string): string {
  return join(dirname(databasePath), runId);
}
