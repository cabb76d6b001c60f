import Database from 'better-sqlite3';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { SqliteStore } from '../../src/store/sqlite-store.js';
import { describeStore } from './store-conformance.js';
import {
  action,
  fixedDependencies,
  imageScore,
  latencyEntry,
  newRun,
  round,
  scoreKey,
  tableKey,
} from './store-fixtures.js';
import { codeOf, locking } from './store-subject.js';
import { temporaryDirectory } from './temporary-directory.js';

const directory = temporaryDirectory();
let databases = 0;
const newPath = (): string => join(directory, `case-${databases++}`, 'snapevo.db');
const open = (path: string): SqliteStore => new SqliteStore(path, fixedDependencies());

describeStore('SqliteStore', (dependencies) => new SqliteStore(newPath(), dependencies));

/** A process that locks a run and appends events as fast as it can, printing each sequence once it is committed. */
function spawnAppender(path: string, runId: string) {
  const appender = fileURLToPath(new URL('./appender.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', appender, path, runId], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

describe('SqliteStore on disk', () => {
  it('remembers everything after closing', () => {
    const path = newPath();
    const store = open(path);
    const { id } = store.createRun(newRun);
    store.lockRun(id);
    store.appendEvent(id, { event: 'e', state: 's', rounds: [round] });
    store.close();
    const again = open(path);
    expect(again.readRun(id)).toMatchObject({ ...newRun, status: 'interrupted' });
    expect(again.readState(id)).toEqual({ sequence: 1, state: 's' });
    expect(again.readRounds(id)).toEqual([round]);
    again.close();
  });

  it('lets a second store read, but not lock, while the first holds the run', () => {
    const path = newPath();
    const [writer, reader] = [open(path), open(path)];
    const { id } = writer.createRun(newRun);
    writer.lockRun(id);
    writer.appendEvent(id, { event: 1, state: 1 });
    expect(reader.readRun(id).status).toBe('running');
    expect(reader.readState(id)?.sequence).toBe(1);
    expect(codeOf(locking(reader, id))).toBe('STORE_RUN_LOCKED');
    expect(locking(reader, id)).toThrow(`process ${process.pid} on`);
    reader.close();
    expect(codeOf(locking(open(path), id))).toBe('STORE_RUN_LOCKED');
    writer.endRun(id, 'interrupted');
    const next = open(path);
    next.lockRun(id);
    expect(next.readRun(id).status).toBe('running');
    next.close();
    expect(writer.readRun(id).status).toBe('interrupted');
    writer.close();
  });

  it('tells by what command a run is held', () => {
    const path = newPath();
    const writer = new SqliteStore(path, { ...fixedDependencies(), command: 'snapevo resume 3f2a' });
    const { id } = writer.createRun(newRun);
    writer.lockRun(id);
    const other = open(path);
    expect(locking(other, id)).toThrow(
      `held by process ${process.pid} (snapevo resume 3f2a) on ${hostname()} since`,
    );
    writer.endRun(id, 'interrupted');
    const collecting = new SqliteStore(path, { ...fixedDependencies(), command: 'snapevo gc' });
    collecting.whileHeld(id, () => {
      expect(locking(other, id)).toThrow(`held by process ${process.pid} (snapevo gc) on`);
      expect(other.readRun(id).status).toBe('interrupted');
    });
    other.lockRun(id);
    for (const store of [collecting, other, writer]) store.close();
  });

  it('takes back the whole event when the database refuses a part of it', () => {
    const store = open(newPath());
    const { id } = store.createRun(newRun);
    store.lockRun(id);
    const before = store.readRun(id);
    const refused = [{ ...action, reason: null as unknown as string }];
    const append = (): unknown =>
      store.appendEvent(id, { event: 1, state: 1, rounds: [round], actions: refused });
    expect(append).toThrow('NOT NULL constraint failed: actions.reason');
    expect(store.readRounds(id)).toEqual([]);
    expect(store.readState(id)).toBeUndefined();
    expect(store.readRun(id)).toEqual(before);
    store.close();
  });

  it('loses nothing it committed when it is killed, and its lock goes with it', async () => {
    const path = newPath();
    const observer = open(path);
    const { id } = observer.createRun(newRun);
    for (let kill = 0; kill < 3; kill++) {
      const { child, lines } = spawnAppender(path, id);
      let printed = 0;
      while (printed < 20 * (kill + 1)) printed = Number((await lines.next()).value);
      expect(observer.readRun(id).status).toBe('running');
      expect(locking(observer, id)).toThrow(`process ${child.pid} on`);
      child.kill('SIGKILL');
      await once(child, 'exit');
      for (let line = await lines.next(); line.done !== true; line = await lines.next())
        printed = Number(line.value);

      const last = observer.readState(id);
      expect(observer.readRun(id).status).toBe('interrupted');
      expect(last?.sequence).toBeGreaterThanOrEqual(printed);
      expect(last?.state).toEqual({ count: last?.sequence });
      const sequences = observer.readEvents(id).map(({ sequence }) => sequence);
      expect(sequences).toEqual(Array.from({ length: last?.sequence ?? 0 }, (_, at) => at + 1));
      expect(observer.readRounds(id)).toHaveLength(last?.sequence ?? 0);
    }
    observer.close();
    const database = new Database(path, { readonly: true });
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(database.pragma('foreign_key_check')).toEqual([]);
    database.close();
  });

  it('reads a state that is whole at any moment of its writer', async () => {
    const path = newPath();
    const reader = open(path);
    const { id } = reader.createRun(newRun);
    const { child, lines } = spawnAppender(path, id);
    await lines.next();
    let latest = 0;
    for (let look = 0; look < 2_000; look++) {
      const { sequence = 0, state = { count: 0 } } = reader.readState(id) ?? {};
      expect(state).toEqual({ count: sequence });
      latest = sequence;
    }
    expect(latest).toBeGreaterThan(1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    reader.close();
  });

  it('names the file and says what to do when it is no database', () => {
    const path = join(directory, 'not-a-database.db');
    writeFileSync(path, 'These are not the bytes you are looking for.'.repeat(100));
    const details = {
      code: 'STORE_DATABASE',
      where: path,
      hint: 'The file is no database; name another file.',
    };
    expect(() => open(path)).toThrow(expect.objectContaining(details));
  });

  it('refuses a row that was changed behind its back, and work on a damaged file', () => {
    const path = newPath();
    const store = open(path);
    const { id } = store.createRun(newRun);
    store.lockRun(id);
    store.appendEvent(id, { event: { a: 1 }, state: { a: 1 }, rounds: [round] });
    store.putMetrics(id, { clipScore: 0.25 });
    store.endRun(id, 'interrupted');
    const other = new Database(path);
    other.exec(
      'UPDATE rounds SET budget_ms = 25; UPDATE states SET state = \'{"a":2}\'; UPDATE events SET at_ms = 0',
    );
    const refused: unknown = expect.objectContaining({ code: 'STORE_DAMAGED', where: path });
    expect(() => store.readRounds(id)).toThrow(refused);
    expect(() => store.readState(id)).toThrow(refused);
    expect(() => store.readEvents(id)).toThrow(refused);
    expect(store.readMetrics(id)).toEqual({ clipScore: 0.25 });
    expect(store.check()).toEqual([]);
    other.exec('PRAGMA foreign_keys = OFF; DELETE FROM events');
    expect(() => store.readState(id)).toThrow(refused);
    expect(store.check()).toEqual(["a row of states refers to one that isn't there"]);
    const next = open(path);
    expect(locking(next, id)).toThrow(refused);
    next.close();
    other.exec("UPDATE runs SET status = 'finished'");
    expect(() => store.readRun(id)).toThrow(`what is stored of run ${id} itself`);
    expect(() => store.listRuns()).toThrow(refused);
    const whole = store.createRun(newRun);
    const damaged: string[] = [];
    expect(store.listRuns({}, (runId) => damaged.push(runId))).toEqual([whole]);
    expect(damaged).toEqual([id]);
    other.close();
    store.close();
  });

  it('says so when a lock is no lock, and when the file was emptied', () => {
    const path = newPath();
    const store = open(path);
    const { id } = store.createRun(newRun);
    const lock = join(dirname(path), id, 'run.lock');
    mkdirSync(dirname(lock));
    writeFileSync(lock, 'not a lock '.repeat(100));
    expect(locking(store, id)).toThrow(expect.objectContaining({ code: 'STORE_LOCK_DAMAGED', where: lock }));
    expect(store.readRun(id).status).toBe('interrupted');
    store.close();
    writeFileSync(path, '');
    for (const access of ['read', 'write'] as const) {
      expect(() => new SqliteStore(path, fixedDependencies(), access)).toThrow(
        expect.objectContaining({ code: 'STORE_EMPTIED', where: path }),
      );
    }
  });

  it('finds damage in what all runs share', () => {
    const path = newPath();
    const store = open(path);
    store.putImageScores(scoreKey, [imageScore]);
    store.putLatencyEntry(tableKey, latencyEntry);
    expect(store.check()).toEqual([]);
    const other = new Database(path);
    other.exec('UPDATE image_scores SET score = 0.5; UPDATE latency_entries SET median_ms = 1');
    other.close();
    expect(store.check()).toHaveLength(2);
    expect(codeOf(() => store.readImageScores(scoreKey))).toBe('STORE_DAMAGED');
    expect(codeOf(() => store.readLatencyTable(tableKey))).toBe('STORE_DAMAGED');
    store.close();
  });

  it('brings no database forward that an older version works on', () => {
    const path = newPath();
    const store = open(path);
    const { id } = store.createRun(newRun);
    store.lockRun(id);
    const older = new Database(path);
    older.pragma('user_version = 3');
    older.close();
    expect(codeOf(() => new SqliteStore(path, fixedDependencies(), 'read'))).toBe('STORE_IN_USE');
    expect(codeOf(() => open(path))).toBe('STORE_IN_USE');
    store.close();
  });

  it('refuses the database of another program', () => {
    const path = join(directory, 'other.db');
    const other = new Database(path);
    other.exec('CREATE TABLE bookmarks (url TEXT)');
    other.close();
    expect(codeOf(() => open(path))).toBe('STORE_NOT_OURS');
  });

  it('holds its lock against other threads of the same process', async () => {
    const path = newPath();
    const store = open(path);
    const { id } = store.createRun(newRun);
    store.lockRun(id);
    const lockPath = join(path, '..', id, 'run.lock');
    const source = `
      const Database = require('better-sqlite3');
      const { workerData, parentPort } = require('node:worker_threads');
      const database = new Database(workerData, { timeout: 0 });
      try { database.exec('BEGIN EXCLUSIVE'); parentPort.postMessage('got it'); }
      catch (error) { parentPort.postMessage(error.code); }
      finally { database.close(); }`;
    const worker = new Worker(source, { eval: true, workerData: lockPath });
    expect(await once(worker, 'message')).toEqual(['SQLITE_BUSY']);
    await worker.terminate();
    expect(codeOf(locking(open(path), id))).toBe('STORE_RUN_LOCKED');
    store.close();
  });

  it('opened to read takes no lock, changes no file, and refuses to write', () => {
    const path = newPath();
    const store = open(path);
    const { id } = store.createRun(newRun);
    store.close();
    const writer = new Database(path);
    writer.exec("BEGIN IMMEDIATE; UPDATE runs SET name = 'other'");
    const before = readFileSync(path);
    const reader = new SqliteStore(path, fixedDependencies(), 'read');
    expect(reader.readRun(id).name).toBe(newRun.name);
    expect(codeOf(() => reader.createRun(newRun))).toBe('STORE_DATABASE');
    reader.close();
    expect(readFileSync(path).equals(before)).toBe(true);
    writer.close();
  });

  it.skipIf(process.platform === 'win32')('is read in a folder that nobody may write to', () => {
    const path = newPath();
    const store = open(path);
    const { id } = store.createRun(newRun);
    store.close();
    const folder = dirname(path);
    const names = readdirSync(folder);
    asOrdinaryUser(folder, () => {
      expect(codeOf(() => open(path))).toBe('STORE_DATABASE');
      const reader = new SqliteStore(path, fixedDependencies(), 'read');
      expect(reader.listRuns()).toMatchObject([{ id }]);
      reader.close();
    });
    expect(readdirSync(folder)).toEqual(names);
  });

  it.skipIf(process.platform === 'win32')('names the file of damage in such a folder', () => {
    const path = newPath();
    const store = open(path);
    const { id } = store.createRun(newRun);
    store.close();
    const other = new Database(path);
    other.exec("UPDATE runs SET name = 'other'");
    other.close();
    asOrdinaryUser(dirname(path), () => {
      const reader = new SqliteStore(path, fixedDependencies(), 'read');
      expect(() => reader.readRun(id)).toThrow(
        expect.objectContaining({ code: 'STORE_DAMAGED', where: path }),
      );
      reader.close();
    });
  });
});

const NOBODY = 65_534;

/** Works with a folder made read-only, and not as root, who may write anyway. */
function asOrdinaryUser(folder: string, work: () => void): void {
  const isRoot = process.getuid?.() === 0;
  chmodSync(directory, 0o755);
  chmodSync(folder, 0o555);
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    work();
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(folder, 0o755);
  }
}
