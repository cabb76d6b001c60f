import type { Database } from 'better-sqlite3';
import { crc32 } from 'node:zlib';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { fileOf } from './database-file.js';
import type { SqlValue } from './column-codec.js';

/**
 * CRC-32 of a row's values. SQLite notices damage to its own pages' structure, not to what lies in them: a number in which a bit was
 * flipped reads as another number.
 * @param values of all columns that are vouched for, in alphabetical order of the columns' names
 */
function rowChecksum(values: readonly SqlValue[]): number {
  return crc32(values.map(unambiguous).join());
}

/** Texts with their lengths, so that no two rows look alike; halves of surrogate pairs are stored and summed as the same replacement character. */
function unambiguous(value: SqlValue): string {
  return typeof value === 'string' ? `${value.length}:${value}` : String(value);
}

/**
 * SQL that gives rows of a table the checksum of what they hold now; all of them, unless a condition follows.
 * @param columns those that are vouched for
 */
export function checksumUpdate(database: Database, table: string, columns: readonly string[]): string {
  return `UPDATE ${table} SET checksum = ${checksumOf(database, columns)}`;
}

/** Whether some of a table's rows aren't as they were written, in a line each table. */
export function damagedRows(
  database: Database,
  columnsOf: Readonly<Record<string, readonly string[]>>,
): readonly string[] {
  return Object.entries(columnsOf).flatMap(([table, columns]) => {
    const count = database
      .prepare(`SELECT count(*) FROM ${table} WHERE checksum <> ${checksumOf(database, columns)}`)
      .pluck()
      .get() as number;
    return count === 0 ? [] : [`${count} of the rows of ${table} are not as they were written`];
  });
}

/** SQL of a row's checksum. */
function checksumOf(database: Database, columns: readonly string[]): string {
  database.function('row_checksum', { varargs: true }, (...values) => rowChecksum(values as SqlValue[]));
  return `row_checksum(${columns.toSorted().join(', ')})`;
}

/** Reads a row's checksum beside its values, and compares. */
export class RowSeal {
  readonly #table: string;
  readonly #database: Database;
  /** Where in the alphabetical order each value goes. */
  readonly #order: readonly number[];

  /** @param columns those that are vouched for, in the order in which values are given */
  constructor(database: Database, table: string, columns: readonly string[]) {
    this.#database = database;
    this.#table = table;
    this.#order = columns.map((_, i) => i).sort((a, b) => ((columns[a] ?? '') < (columns[b] ?? '') ? -1 : 1));
  }

  of(values: readonly SqlValue[]): number {
    return rowChecksum(this.#order.map((i) => values[i] ?? null));
  }

  /**
   * @param what the row is called, should it be damaged
   * @throws SnapEvoError `STORE_DAMAGED`
   */
  check(values: readonly SqlValue[], found: SqlValue | undefined, what = `a row of ${this.#table}`): void {
    if (this.of(values) !== found) throw damaged(this.#database, what);
  }
}

/** @param what is not as it was written */
export function damaged(database: Database, what: string): SnapEvoError {
  return new SnapEvoError({
    code: 'STORE_DAMAGED',
    message: `expected ${what} as it was written, found it changed since`,
    where: fileOf(database),
    hint: 'The disk, or another program, changed the file: restore it from a copy. `snapevo verify` tells what else is damaged.',
  });
}
