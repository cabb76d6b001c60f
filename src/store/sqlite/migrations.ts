import type { Database } from 'better-sqlite3';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { fileOf } from './database-file.js';
import { schema1 } from './schema-1.js';
import { schema2 } from './schema-2.js';
import { schema3 } from './schema-3.js';
import { schema4 } from './schema-4.js';

/** SQL, or a function where SQL alone won't do. */
export type Migration = string | ((database: Database) => void);

/** Entry `n` takes a database from version `n` to `n + 1`. Append only. */
export const migrations: readonly Migration[] = [schema1, schema2, schema3, schema4];

/** "SNEV": tells our databases from others. */
const APPLICATION_ID = 0x534e4556;

function readNumber(database: Database, pragma: string): number {
  return database.pragma(pragma, { simple: true }) as number;
}

function checkOurs(database: Database): void {
  const tableCount = database.prepare<[], number>('SELECT count(*) FROM sqlite_master').pluck().get() ?? 0;
  if (tableCount === 0 || readNumber(database, 'application_id') === APPLICATION_ID) return;
  throw new SnapEvoError({
    code: 'STORE_NOT_OURS',
    message: 'expected a SnapEvo database or a new file, found a database of another program',
    where: fileOf(database),
    hint: 'Name another file.',
  });
}

function checkNotNewer(database: Database, version: number, newest: number): void {
  if (version <= newest) return;
  throw new SnapEvoError({
    code: 'STORE_TOO_NEW',
    message: `expected a database of version ${newest} or older, found version ${version}`,
    where: fileOf(database),
    hint: 'It was written by a newer SnapEvo: update this one, or name another file.',
  });
}

function checkedVersion(database: Database, steps: readonly Migration[]): number {
  checkOurs(database);
  const version = readNumber(database, 'user_version');
  checkNotNewer(database, version, steps.length);
  return version;
}

function checkForeignKeys(database: Database): void {
  const [first] = database.pragma('foreign_key_check') as readonly { readonly table: string }[];
  if (first === undefined) return;
  throw new SnapEvoError({
    code: 'STORE_MIGRATION',
    message: `expected every row to refer to one that exists, found one of ${first.table} that doesn't`,
    where: fileOf(database),
    fault: 'internal',
  });
}

function take(step: Migration, database: Database): void {
  if (typeof step === 'string') database.exec(step);
  else step(database);
}

/**
 * Whether a database is of an earlier schema than the newest; one that has none yet isn't.
 * @throws SnapEvoError `STORE_TOO_NEW`, `STORE_NOT_OURS`
 */
export function isOlder(database: Database): boolean {
  const version = checkedVersion(database, migrations);
  return version > 0 && version < migrations.length;
}

/**
 * Brings a database to the newest schema, all steps in one transaction, so that it is never between two versions. A database that is
 * there already is not written to. Leaves foreign keys unchecked while a step rebuilds a table, and checks all of them at the end.
 * @param steps for tests; the product has one list
 * @throws SnapEvoError `STORE_TOO_NEW`, `STORE_NOT_OURS`
 */
export function migrate(database: Database, steps: readonly Migration[] = migrations): void {
  if (checkedVersion(database, steps) === steps.length) return;
  const bringForward = database.transaction(() => {
    for (const step of steps.slice(checkedVersion(database, steps))) take(step, database);
    database.pragma(`application_id = ${APPLICATION_ID}`);
    database.pragma(`user_version = ${steps.length}`);
    checkForeignKeys(database);
  });
  database.pragma('foreign_keys = OFF');
  bringForward.immediate();
}
