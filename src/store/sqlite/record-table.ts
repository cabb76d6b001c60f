import type { Database, Statement } from 'better-sqlite3';
import type { ColumnCodec, SqlValue } from './column-codec.js';
import { RowSeal } from './row-checksum.js';

type FieldName<T> = keyof T & string;

/** A record type laid out as a table; every field has its codec, so that a field added to the type must be added here. */
export interface RecordTableLayout<T> {
  readonly table: string;
  /** Column that says which run (or score set, or latency table) a row belongs to. */
  readonly owner: string;
  /** Fields that, with the owner, make a row's key. */
  readonly key: readonly FieldName<T>[];
  readonly codecs: { readonly [Field in FieldName<T>]: ColumnCodec<T[Field]> };
  /** SQL after ORDER BY. */
  readonly order: string;
  /** Which row stays when a key is stored twice. */
  readonly onConflict: 'replace' | 'keep-first';
}

interface Field<T> {
  readonly name: FieldName<T>;
  readonly columns: readonly string[];
  readonly codec: ColumnCodec<T[FieldName<T>]>;
}

/** `captionIndex` is stored as `caption_index`. */
function toColumnName(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function fieldsOf<T>(layout: RecordTableLayout<T>): readonly Field<T>[] {
  const codecs = Object.entries<ColumnCodec<T[FieldName<T>]>>(layout.codecs);
  return codecs.map(([name, codec]) => ({
    name: name as FieldName<T>,
    columns: codec.columns(toColumnName(name)),
    codec,
  }));
}

/** The columns in the order in which their values are given, written and read. */
export function sealedColumns<T>(layout: RecordTableLayout<T>, fields = fieldsOf(layout)): readonly string[] {
  return [layout.owner, ...fields.flatMap((field) => field.columns)];
}

function insertSql<T>(layout: RecordTableLayout<T>, fields: readonly Field<T>[]): string {
  const keyFields = fields.filter((field) => layout.key.includes(field.name));
  const otherFields = fields.filter((field) => !layout.key.includes(field.name));
  const columns = [...sealedColumns(layout, fields), 'checksum'];
  const key = [layout.owner, ...keyFields.flatMap((field) => field.columns)];
  const updates = [...otherFields.flatMap((field) => field.columns), 'checksum'].map(
    (column) => `${column} = excluded.${column}`,
  );
  const action = layout.onConflict === 'keep-first' ? 'NOTHING' : `UPDATE SET ${updates.join(', ')}`;
  return `INSERT INTO ${layout.table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
    ON CONFLICT (${key.join(', ')}) DO ${action}`;
}

/** Stores and reads the records of one table, by prepared statements made from its layout. */
export class RecordTable<T> {
  readonly #fields: readonly Field<T>[];
  readonly #seal: RowSeal;
  readonly #insert: Statement;
  readonly #clear: Statement<[string | number]>;
  readonly #selectSql: string;
  readonly #order: string;
  readonly #database: Database;
  readonly #selects = new Map<string, Statement>();

  constructor(database: Database, layout: RecordTableLayout<T>) {
    this.#fields = fieldsOf(layout);
    this.#database = database;
    this.#insert = database.prepare(insertSql(layout, this.#fields));
    this.#clear = database.prepare(`DELETE FROM ${layout.table} WHERE ${layout.owner} = ?`);
    const columns = sealedColumns(layout, this.#fields);
    this.#seal = new RowSeal(database, layout.table, columns);
    this.#selectSql = `SELECT ${columns.join(', ')}, checksum FROM ${layout.table} WHERE ${layout.owner} = ?`;
    this.#order = layout.order;
  }

  put(owner: string | number, record: T): void {
    const values = [owner, ...this.#fields.flatMap((field) => field.codec.encode(record[field.name]))];
    this.#insert.run(...values, this.#seal.of(values));
  }

  /** Removes the owner's rows. */
  clear(owner: string | number): void {
    this.#clear.run(owner);
  }

  /**
   * The owner's rows in the table's order; only those whose fields equal the given ones.
   * @throws SnapEvoError `STORE_DAMAGED`
   */
  list(
    owner: string | number,
    where: Partial<Record<FieldName<T>, string | number | undefined>> = {},
  ): readonly T[] {
    const filters = Object.entries<string | number | undefined>(where).filter(
      ([, value]) => value !== undefined,
    );
    const select = this.#select(filters.map(([name]) => name));
    const rows = select.all(owner, ...filters.map(([, value]) => value)) as SqlValue[][];
    return rows.map((row) => this.#decode(row));
  }

  #select(filterNames: readonly string[]): Statement {
    const cacheKey = filterNames.join();
    const known = this.#selects.get(cacheKey);
    if (known !== undefined) return known;
    const conditions = filterNames.map((name) => ` AND ${toColumnName(name)} = ?`).join('');
    const select = this.#database.prepare(`${this.#selectSql}${conditions} ORDER BY ${this.#order}`).raw();
    this.#selects.set(cacheKey, select);
    return select;
  }

  #decode(row: readonly SqlValue[]): T {
    this.#seal.check(row.slice(0, -1), row.at(-1));
    let start = 1;
    const entries = this.#fields.map((field) => {
      const values = row.slice(start, start + field.columns.length);
      start += field.columns.length;
      return [field.name, field.codec.decode(values)] as const;
    });
    return Object.fromEntries(entries) as T;
  }
}
