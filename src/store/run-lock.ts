import Database from 'better-sqlite3';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** How long to wait out readers that are just looking whether the lock is held. */
const ACQUIRE_TIMEOUT_MS = 250;

/**
 * An exclusive lock that the operating system holds for this process and takes back when the process ends, however it
 * ends: an open exclusive transaction of SQLite on an empty file of its own. Nothing has to be guessed from process
 * numbers and start times, so a number given out again, a reboot or a container that restarts cannot keep a lock
 * alive, and two processes that find it free at once cannot both get it.
 */
export interface RunLock {
  release(): void;
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}

/** Returns undefined when another process, or another store of this one, holds the lock. */
export function acquireRunLock(lockPath: string): RunLock | undefined {
  mkdirSync(dirname(lockPath), { recursive: true });
  const connection = new Database(lockPath, { timeout: ACQUIRE_TIMEOUT_MS });
  try {
    connection.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    connection.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  return {
    release: () => {
      connection.close();
    },
  };
}

/** Whether somebody holds the lock right now. Holds nobody up for longer than the look takes. */
export function isRunLockHeld(lockPath: string): boolean {
  if (!existsSync(lockPath)) return false;
  const connection = new Database(lockPath, { readonly: true, timeout: 0 });
  try {
    connection.prepare('SELECT count(*) FROM sqlite_master').get();
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    connection.close();
  }
}
