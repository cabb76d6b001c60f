import type { Database } from 'better-sqlite3';

/** What SQLite itself finds wrong with a file, a line each: pages, indexes, references. */
export function structuralDamage(database: Database): readonly string[] {
  const lines = database.pragma('integrity_check') as readonly { readonly integrity_check: string }[];
  const dangling = database.pragma('foreign_key_check') as readonly { readonly table: string }[];
  return [
    ...lines.map((line) => line.integrity_check).filter((line) => line !== 'ok'),
    ...dangling.map(({ table }) => `a row of ${table} refers to one that isn't there`),
  ];
}
