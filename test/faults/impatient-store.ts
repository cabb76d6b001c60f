import Database from 'better-sqlite3';

/*
 * Loaded into the built program before anything else (see `preloaded`): once a database is open to be written to, others' locks are
 * waited for only shortly.
 */

const { prototype } = Database as unknown as {
  readonly prototype: {
    pragma: (this: Database.Database, source: string, options?: Database.PragmaOptions) => unknown;
  };
};
const { pragma } = prototype;

prototype.pragma = function (source, options) {
  const result = pragma.call(this, source, options);
  if (source === 'foreign_keys = ON') pragma.call(this, 'busy_timeout = 500');
  return result;
};
