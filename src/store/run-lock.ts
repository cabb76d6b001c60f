import Database from 'better-sqlite3';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { withNamedFailure } from './sqlite/named-failure.js';

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

function hasCode(error: unknown, start: string): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith(start);
}

/**
 * Returns undefined when another process, or another store of this one, holds the lock.
 * @throws SnapEvoError `STORE_LOCK_DAMAGED`, `STORE_DATABASE`
 */
export function acquireRunLock(lockPath: string): RunLock | undefined {
  return withNamedFailure(lockPath, () => {
    mkdirSync(dirname(lockPath), { recursive: true });
    const connection = new Database(lockPath, { timeout: ACQUIRE_TIMEOUT_MS });
    try {
      connection.exec('BEGIN EXCLUSIVE');
      return {
        release: () => {
          connection.close();
        },
      };
    } catch (error) {
      connection.close();
      if (hasCode(error, 'SQLITE_BUSY')) return undefined;
      throw hasCode(error, 'SQLITE_NOTADB') ? lockDamaged(lockPath, error) : error;
    }
  });
}

/**
 * Whether somebody holds the lock right now. Holds nobody up for longer than the look takes. What is no lock is held by nobody.
 * @throws SnapEvoError `STORE_DATABASE`
 */
export function isRunLockHeld(lockPath: string): boolean {
  if (!existsSync(lockPath)) return false;
  return withNamedFailure(lockPath, () => {
    const connection = new Database(lockPath, { readonly: true, timeout: 0 });
    try {
      connection.prepare('SELECT count(*) FROM sqlite_master').get();
      return false;
    } catch (error) {
      if (hasCode(error, 'SQLITE_BUSY')) return true;
      if (hasCode(error, 'SQLITE_NOTADB')) return false;
      throw error;
    } finally {
      connection.close();
    }
  });
}

function lockDamaged(lockPath: string, cause: unknown): SnapEvoError {
  return new SnapEvoError({
    code: 'STORE_LOCK_DAMAGED',
    message: "expected a run's lock, an empty file, found one that holds something else",
    where: lockPath,
    hint: 'Delete it when nobody works on the run: nothing is kept in it.',
    cause,
  });
}
