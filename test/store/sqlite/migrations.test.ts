import Database from 'better-sqlite3';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { migrate, migrations } from '../../../src/store/sqlite/migrations.js';
import { openDatabase } from '../../../src/store/sqlite/open-database.js';
import { SqliteStore } from '../../../src/store/sqlite-store.js';
import { writeVersionAsset } from '../assets/write-version-asset.js';
import { codeOf } from '../store-subject.js';
import * as fixtures from '../store-fixtures.js';
import { temporaryDirectory } from '../temporary-directory.js';

const directory = temporaryDirectory();
const assets = join(import.meta.dirname, '..', 'assets');

/** Everything a schema consists of, in an order of its own. */
function schemaOf(database: Database.Database): unknown[] {
  return database.prepare('SELECT type, name, sql FROM sqlite_master ORDER BY name').all();
}

function versionOf(database: Database.Database): unknown {
  return database.pragma('user_version', { simple: true });
}

describe('migrate', () => {
  it('brings an empty database to the newest version', () => {
    const database = new Database(':memory:');
    migrate(database);
    expect(versionOf(database)).toBe(migrations.length);
  });

  it('does nothing to a database that is up to date', () => {
    const database = new Database(':memory:');
    migrate(database);
    const before = schemaOf(database);
    migrate(database);
    expect(schemaOf(database)).toEqual(before);
  });

  it('runs only the steps that are missing, and keeps what is there', () => {
    const database = new Database(':memory:');
    migrate(database, ['CREATE TABLE a (x INTEGER)']);
    database.exec('INSERT INTO a VALUES (7)');
    migrate(database, ['CREATE TABLE a (x INTEGER)', 'ALTER TABLE a ADD COLUMN y TEXT']);
    expect(database.prepare('SELECT * FROM a').all()).toEqual([{ x: 7, y: null }]);
    expect(versionOf(database)).toBe(2);
  });

  it('lets a step rebuild a table that others refer to, and refuses to leave them dangling', () => {
    const first = 'CREATE TABLE a (x INTEGER PRIMARY KEY); CREATE TABLE b (x INTEGER REFERENCES a (x))';
    const rebuild = (rows: string): string =>
      `CREATE TABLE c (x INTEGER PRIMARY KEY); ${rows} DROP TABLE a; ALTER TABLE c RENAME TO a`;
    const database = new Database(':memory:');
    migrate(database, [first]);
    database.exec('INSERT INTO a VALUES (7); INSERT INTO b VALUES (7)');
    expect(
      codeOf(() => {
        migrate(database, [first, rebuild('')]);
      }),
    ).toBe('STORE_MIGRATION');
    migrate(database, [first, rebuild('INSERT INTO c SELECT * FROM a;')]);
    expect(database.prepare('SELECT * FROM b JOIN a USING (x)').all()).toEqual([{ x: 7 }]);
  });

  it('runs steps that are functions in the same transaction', () => {
    const database = new Database(':memory:');
    const fill = (given: Database.Database): void => void given.exec('INSERT INTO a VALUES (7)');
    const fail = (): never => {
      throw new Error('no');
    };
    expect(() => {
      migrate(database, ['CREATE TABLE a (x INTEGER)', fill, fail]);
    }).toThrow('no');
    expect(schemaOf(database)).toEqual([]);
    migrate(database, ['CREATE TABLE a (x INTEGER)', fill]);
    expect(database.prepare('SELECT * FROM a').all()).toEqual([{ x: 7 }]);
  });

  it('does not wait for a writer when there is nothing to do', () => {
    const path = join(directory, 'busy.db');
    openDatabase(path).close();
    const writer = new Database(path);
    writer.exec('BEGIN IMMEDIATE');
    const reader = new Database(path, { timeout: 0 });
    expect(() => {
      migrate(reader);
    }).not.toThrow();
    reader.close();
    writer.close();
  });

  it('leaves the database as it was when a step fails', () => {
    const database = new Database(':memory:');
    migrate(database, ['CREATE TABLE a (x INTEGER)']);
    const before = schemaOf(database);
    const broken = ['', 'CREATE TABLE b (y INTEGER)', 'CREATE TABLE b (y INTEGER)'];
    expect(() => {
      migrate(database, broken);
    }).toThrow('already exists');
    expect(schemaOf(database)).toEqual(before);
    expect(versionOf(database)).toBe(1);
  });

  it('refuses a newer database and does not touch it', () => {
    const path = join(directory, 'newer.db');
    openDatabase(path).close();
    const database = new Database(path);
    database.pragma(`user_version = ${migrations.length + 1}`);
    database.close();
    expect(codeOf(() => openDatabase(path))).toBe('STORE_TOO_NEW');
    expect(() => openDatabase(path)).toThrow(`of version ${migrations.length} or older, found version`);
  });
});

describe('openDatabase', () => {
  it('uses a write-ahead log, waits for the disk, enforces references and waits for other writers', () => {
    const database = openDatabase(join(directory, 'pragmas.db'));
    const pragmas = ['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout'];
    const settings = pragmas.map((pragma) => database.pragma(pragma, { simple: true }));
    expect(settings).toEqual(['wal', 2, 1, 10_000]);
    database.close();
  });

  it('says so when the folder cannot be made', () => {
    expect(codeOf(() => openDatabase(join(assets, 'version-1.db', 'snapevo.db')))).toBe('STORE_DIRECTORY');
  });
});

describe('a database left by an older version', () => {
  it('includes one of the newest, which has the schema that is written today', () => {
    const written = join(directory, 'written.db');
    writeVersionAsset(written);
    const asset = new Database(join(assets, `version-${migrations.length}.db`), { readonly: true });
    const fresh = new Database(written);
    expect(schemaOf(asset)).toEqual(schemaOf(fresh));
    asset.close();
    fresh.close();
  });

  it.each(migrations.map((_, index) => index + 1))('version %i is read in full', (version) => {
    const asset = join(assets, `version-${version}.db`);
    expect(existsSync(asset)).toBe(true);
    const path = join(directory, `version-${version}.db`);
    copyFileSync(asset, path);

    const store = new SqliteStore(path, fixtures.fixedDependencies());
    const id = '20261123-0425-emoji-3f2a';
    expect(store.readRun(id)).toMatchObject({
      ...fixtures.newRun,
      status: 'finished',
      statusNote: 'budget met',
    });
    expect(store.readState(id)).toEqual({ sequence: 1, state: { step: 1 } });
    expect(store.readEvents(id)).toMatchObject([{ sequence: 1, event: { type: 'acted' } }]);
    expect(store.readRounds(id)).toEqual([fixtures.round]);
    expect(store.readCandidates(id)).toEqual([fixtures.candidate]);
    expect(store.readArchitectures(id)).toEqual([fixtures.architecture]);
    expect(store.readActions(id)).toEqual([fixtures.action]);
    expect(store.readCheckpoints(id)).toEqual([fixtures.checkpoint]);
    expect(store.readLosses(id)).toEqual([fixtures.loss]);
    expect(store.readMetrics(id)).toEqual({ 'vae.psnrDb': 29.5 });
    expect(store.readImageScores(fixtures.scoreKey)).toEqual([fixtures.imageScore]);
    const [protocol, ofRun] = version < 3 ? [0, []] : [1, [fixtures.latencyEntry]];
    expect(store.readLatencyTable({ ...fixtures.tableKey, protocol })).toEqual([fixtures.latencyEntry]);
    expect(store.readRunLatencies(id)).toEqual(ofRun);
    store.close();

    const [old, fresh] = [new Database(path), openDatabase(join(directory, `fresh-${version}.db`))];
    expect(versionOf(old)).toBe(migrations.length);
    const namesOf = (database: Database.Database): unknown[] =>
      database
        .prepare('SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c ORDER BY 1, 2')
        .all();
    expect(namesOf(old)).toEqual(namesOf(fresh));
    old.close();
    fresh.close();
  });
});
