import Database from 'better-sqlite3';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { checkNotEmptied } from './check-not-emptied.js';
import { migrate } from './migrations.js';

/** Long enough for any other run's transaction; a writer that waits longer faces a process that hangs. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * What to do about the failures a user can meet, by the start of SQLite's own code.
 * @see https://www.sqlite.org/rescode.html
 */
const HINTS: Readonly<Record<string, string>> = {
  SQLITE_BUSY: 'Another process has been writing for too long; see what holds the file open.',
  SQLITE_CANTOPEN: 'Check that the folder exists and may be written to.',
  SQLITE_CORRUPT: 'The file is damaged; restore it from a copy.',
  SQLITE_FULL: 'The disk is full; make room and resume the run.',
  SQLITE_IOERR: 'The disk refused a read or write; check it, then resume the run.',
  SQLITE_NOTADB: 'The file is no database; name another file.',
  SQLITE_READONLY: 'The file may not be written to; check its permissions.',
};

/** Runs `work`; what SQLite throws comes out as a SnapEvoError that names the file and says what to do. */
export function withNamedFailure<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof Database.SqliteError)) throw cause;
    const { code, message } = cause;
    const hint = Object.entries(HINTS).find(([start]) => code.startsWith(start))?.[1];
    throw new SnapEvoError({
      code: 'STORE_DATABASE',
      message: `expected the database to do its work, found ${code}: ${message}`,
      where: path,
      ...(hint === undefined ? { fault: 'internal' } : { hint }),
      cause,
    });
  }
}

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
      migrate(database);
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
  return withNamedFailure(path, () => {
    const database = openShared(path);
    return prepared(database, () => {
      migrate(database);
      database.pragma('query_only = ON');
    });
  });
}

function openShared(path: string): Database.Database {
  const database = new Database(path, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  try {
    database.pragma('schema_version');
    return database;
  } catch (error) {
    database.close();
    if (!isFolderReadOnly(error) || existsSync(`${path}-wal`)) throw error;
    return new Database(withoutLog(readFileSync(path)));
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
