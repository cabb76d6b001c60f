import Database from 'better-sqlite3';
import { SnapEvoError } from '../../errors/snapevo-error.js';

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
