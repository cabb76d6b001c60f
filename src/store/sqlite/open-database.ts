import Database from 'better-sqlite3';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { checkNotEmptied } from './check-not-emptied.js';
import { checkUnheld } from './check-unheld.js';
import { readFrom } from './database-file.js';
import { isOlder, migrate } from './migrations.js';
import { withNamedFailure } from './named-failure.js';

/** Long enough for any other run's transaction; a writer that waits longer faces a process that hangs. */
const BUSY_TIMEOUT_MS = 10_000;

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw new SnapEvoError({
      code: 'STORE_DIRECTORY',
      message: 'expected a folder that exists or can be made, found neither',
      where: path,
      hint: 'Name a path in a folder you may write to.',
      cause,
    });
  }
}

/**
 * Opens or makes a database and brings it to the newest schema.
 *
 * WAL lets `list` and `plot` read while a run writes. `synchronous = FULL` makes each commit wait for the disk: a few
 * milliseconds against work units of seconds. NORMAL would keep the database whole too, but a power cut could take the last commits
 * back, among them the one that names a checkpoint whose predecessor has been deleted.
 */
export function openDatabase(path: string): Database.Database {
  makeDirectory(dirname(path));
  checkNotEmptied(path);
  return withNamedFailure(path, () => {
    const database = new Database(path, { timeout: BUSY_TIMEOUT_MS });
    return prepared(database, () => {
      bringForward(database, path);
      database.pragma('journal_mode = WAL');
      database.pragma('synchronous = FULL');
      database.pragma('foreign_keys = ON');
    });
  });
}

/**
 * Opens a database that is there, to be read only. SQLite shares a log with writers in files beside the database; where the folder
 * may not be written to, and no log is left in it, the file is whole by itself and is read into memory.
 */
export function openDatabaseToRead(path: string): Database.Database {
  checkNotEmptied(path);
  return withNamedFailure(path, () => {
    const database = openShared(path);
    return prepared(database, () => {
      bringForward(database, path);
      database.pragma('query_only = ON');
    });
  });
}

/** To the newest schema; not under the hands of an older version that works on a run. */
function bringForward(database: Database.Database, path: string): void {
  if (isOlder(database)) checkUnheld(path);
  migrate(database);
}

function openShared(path: string): Database.Database {
  const database = new Database(path, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  try {
    database.pragma('schema_version');
    return database;
  } catch (error) {
    database.close();
    if (!isFolderReadOnly(error) || existsSync(`${path}-wal`)) throw error;
    return readFrom(path, new Database(withoutLog(readFileSync(path))));
  }
}

/** Where permissions say so, or the whole file system: there SQLite only knows that it could not open its files. */
function isFolderReadOnly(error: unknown): boolean {
  if (!(error instanceof Database.SqliteError)) return false;
  return error.code === 'SQLITE_READONLY_DIRECTORY' || error.code === 'SQLITE_CANTOPEN';
}

/** @see https://www.sqlite.org/fileformat2.html#file_format_version_numbers: 2 is a write-ahead log, which memory has none of */
function withoutLog(bytes: Buffer): Buffer {
  return bytes.fill(1, 18, 20);
}

function prepared(database: Database.Database, prepare: () => void): Database.Database {
  try {
    prepare();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
