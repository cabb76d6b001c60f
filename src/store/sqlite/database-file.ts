import type { Database } from 'better-sqlite3';

/** Of databases that were read into memory, where SQLite knows no file. */
const sources = new WeakMap<Database, string>();

/** Has errors name the file that a database in memory was read from. */
export function readFrom(path: string, database: Database): Database {
  sources.set(database, path);
  return database;
}

/** The file of a database, for errors. */
export function fileOf(database: Database): string {
  return sources.get(database) ?? database.name;
}
