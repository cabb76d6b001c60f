import Database from 'better-sqlite3';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Interruption } from '../../src/cli/terminal/interruption.js';
import { createTerminal, type Terminal } from '../../src/cli/terminal/terminal.js';
import { STATE_VERSION } from '../../src/search/state.js';
import { SqliteStore } from '../../src/store/sqlite-store.js';
import type { RunKind, RunRecord } from '../../src/store/run-record.js';
import { recordCli, RecordedStream, type Recording } from './recorded-cli.js';
import { minuteClock } from './stored-runs.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'snapevo-gc-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const [newest, best, stale] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];
/** A process that was. */
const DEAD = 2 ** 22 + 1;

function openStore(): SqliteStore {
  let suffix = 0;
  const path = join(folder, 'results', 'snapevo.db');
  return new SqliteStore(path, { nowMs: minuteClock(), drawSuffix: () => (suffix += 1) });
}

function storeRun(kind: RunKind, state?: unknown): string {
  const store = openStore();
  const origin = { snapevoVersion: '1.2.3', deviceFingerprint: 'x', inputs: {} };
  const { id } = store.createRun({ kind, name: kind, config: {}, ...origin });
  store.lockRun(id);
  if (state !== undefined) store.appendEvent(id, { event: 'scored', state });
  store.endRun(id, 'finished', 'a note');
  store.close();
  return id;
}

const searchState = { version: STATE_VERSION, phase: 'training', weights: newest, best: { weights: best } };

function readRun(id: string): RunRecord {
  const store = openStore();
  const run = store.readRun(id);
  store.close();
  return run;
}

function write(path: string, sizeBytes: number): string {
  const full = join(folder, 'results', path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, Buffer.alloc(sizeBytes));
  return full;
}

const filesIn = (path: string): readonly string[] => readdirSync(join(folder, 'results', path)).sort();
const gc = (args: readonly string[] = [], terminal?: Terminal): Promise<Recording> =>
  recordCli(['gc', ...args], folder, terminal === undefined ? {} : { terminal });

/** A search's folder with all that can lie there, 5 MB of it garbage. */
function storeSearch(state: unknown = searchState): string {
  const id = storeRun('search', state);
  for (const reference of [newest, best]) write(`${id}/checkpoints/${reference}.safetensors`, 10);
  write(`${id}/checkpoints/${stale}.safetensors`, 3_000_000);
  write(`${id}/checkpoints/unnamed.safetensors`, 1_000_000);
  write(`${id}/checkpoints/unnamed.safetensors.${DEAD}-0.tmp`, 1_000_000);
  write(`${id}/checkpoints/notes.txt`, 10);
  return id;
}

const kept = [`${newest}.safetensors`, `${best}.safetensors`, 'notes.txt'].sort();

describe('gc', () => {
  it('says how much it is, and deletes nothing where nobody agrees', async () => {
    const id = storeSearch();
    const { status, output, notes } = await gc();
    expect(status).toBe(0);
    expect(output).toMatch(/^run +files +MB\n/);
    expect(output).toContain(`\n${id}      3  5.00\n`);
    expect(notes).toBe('Nothing was deleted: --yes deletes them.\n');
    expect(filesIn(`${id}/checkpoints`)).toHaveLength(6);
    expect((await gc(['--dry-run', '--yes'])).output).not.toContain('Freed');
    expect(filesIn(`${id}/checkpoints`)).toHaveLength(6);
  });

  it('deletes what no state leads to, keeps all else, and leaves the record as it was', async () => {
    const id = storeSearch();
    const before = readRun(id);
    const { output } = await gc(['--yes']);
    expect(output).toContain('Freed 3 files, 5.00 MB.');
    expect(filesIn(`${id}/checkpoints`)).toEqual(kept);
    expect(readRun(id)).toEqual(before);
    expect((await gc(['--yes'])).output).toBe('Nothing to free.\n');
  });

  it('holds a run under its own name while it deletes', async () => {
    const id = storeSearch();
    await gc(['--yes']);
    const database = new Database(join(folder, 'results', 'snapevo.db'), { readonly: true });
    const holder = database.prepare('SELECT holder FROM runs WHERE id = ?').pluck().get(id);
    database.close();
    expect(holder).toMatch(/^process \d+ \(snapevo gc --yes\) on /);
  });

  it('tells programs which files', async () => {
    const id = storeSearch();
    const { output } = await gc(['--json', '--yes']);
    expect(JSON.parse(output)).toEqual({
      garbage: [
        {
          run: id,
          isHeld: false,
          files: [
            { file: `${id}/checkpoints/${stale}.safetensors`, sizeBytes: 3_000_000 },
            { file: `${id}/checkpoints/unnamed.safetensors`, sizeBytes: 1_000_000 },
            { file: `${id}/checkpoints/unnamed.safetensors.${DEAD}-0.tmp`, sizeBytes: 1_000_000 },
          ],
        },
      ],
      total: { files: 3, sizeBytes: 5_000_000 },
      freed: { files: 3, sizeBytes: 5_000_000 },
    });
  });

  it('frees one run where one is named, and sums up several', async () => {
    const [first, second] = [storeSearch(), storeSearch()];
    expect((await gc()).output).toMatch(/\ntotal +6 +10\.0\n/);
    await gc([first, '--yes']);
    expect(filesIn(`${first}/checkpoints`)).toEqual(kept);
    expect(filesIn(`${second}/checkpoints`)).toHaveLength(6);
  });

  it('leaves a run alone that somebody works on', async () => {
    const id = storeSearch();
    const holder = openStore();
    holder.lockRun(id);
    const { output } = await gc(['--yes']);
    expect(output).toMatch(new RegExp(`^${id} +0 +0 +left alone: somebody works on it$`, 'm'));
    expect(filesIn(`${id}/checkpoints`)).toHaveLength(6);
    holder.close();
  });

  it('keeps the weights of a search whose state it cannot read', async () => {
    const id = storeSearch({ version: STATE_VERSION + 1 });
    expect((await gc(['--yes'])).output).toContain('Freed 2 files');
    expect(filesIn(`${id}/checkpoints`)).toEqual([...kept, `${stale}.safetensors`].sort());
  });

  it('frees weights of a search that has decided nothing yet: it makes them anew', async () => {
    const id = storeRun('search');
    write(`${id}/checkpoints/${newest}.safetensors`, 10);
    await gc(['--yes']);
    expect(filesIn(`${id}/checkpoints`)).toEqual([]);
  });

  it('keeps the files of a pretraining, but for the unfinished', async () => {
    const id = storeRun('pretrain');
    write(`${id}/unet.safetensors`, 10);
    write(`${id}/unet.safetensors.${DEAD}-0.tmp`, 10);
    await gc(['--yes']);
    expect(filesIn(id)).toEqual(['run.lock', 'unet.safetensors']);
  });

  it('frees what an optimization never finished, folders with all in them', async () => {
    const id = storeRun('optimize');
    const whole = ['vae/config.json', 'model/unet/config.json', 'latents-training-0-4.safetensors'];
    for (const path of whole) write(`${id}/${path}`, 10);
    write(`${id}/evolved.${DEAD}.unfinished/unet/config.json`, 1_000_000);
    write(`${id}/model.${DEAD}.unfinished.former/unet/config.json`, 1_000_000);
    write(`${id}/scheduler-aB3xY9/scheduler_config.json`, 1_000_000);
    write(`${id}/vae/diffusion_pytorch_model.safetensors.${DEAD}-0.tmp`, 1_000_000);
    write(`${id}/comparison/guidance.png.${DEAD}-0.tmp`, 1_000_000);
    const elsewhere = write('elsewhere/kept.json', 10);
    symlinkSync(dirname(elsewhere), join(folder, 'results', id, `distilled.${DEAD}.unfinished`));
    const { output } = await gc(['--yes']);
    expect(output).toContain('Freed 5 files, 5.00 MB.');
    expect(existsSync(elsewhere)).toBe(true);
    expect(filesIn(id)).toEqual(
      ['comparison', `distilled.${DEAD}.unfinished`, whole[2], 'model', 'run.lock', 'vae'].sort(),
    );
    expect(filesIn(`${id}/vae`)).toEqual(['config.json']);
  });

  it('takes no folder of a search for an optimization’s', async () => {
    const id = storeRun('search');
    write(`${id}/model.${DEAD}.unfinished/config.json`, 10);
    expect((await gc(['--yes'])).output).toBe('Nothing to free.\n');
  });

  it('frees copies of weights that nobody will finish', async () => {
    storeRun('search');
    const names = [DEAD, DEAD, process.pid, 'whole'].map(
      (writer, index) => `float32-weights/${index}.safetensors.${writer}-0.tmp`,
    );
    const [old = '', fresh = '', own = '', whole = ''] = names.map((name) => write(name, 10));
    const nowS = 1_800_000_000;
    for (const path of [old, own, whole]) utimesSync(path, nowS - 7200, nowS - 7200);
    utimesSync(fresh, nowS - 60, nowS - 60);
    const { output } = await gc(['--yes']);
    expect(output).toMatch(/^unfinished copies of weights +1 /m);
    expect([old, fresh, own, whole].map((path) => existsSync(path))).toEqual([false, true, true, true]);
  });

  it.each([
    [['gc'], 'RUN_NONE'],
    [['gc', 'nosuch'], 'RUN_UNKNOWN'],
  ])('refuses %j with %s', async (args, code) => {
    if (args.length > 1) storeRun('search');
    const { status, notes } = await recordCli(args, folder);
    expect(status).toBe(2);
    expect(notes).toContain(`error ${code}: expected`);
  });
});

describe('gc on a terminal', () => {
  function openTerminal(): {
    readonly terminal: Terminal;
    readonly input: PassThrough;
    readonly notes: RecordedStream;
  } {
    const input = Object.assign(new PassThrough(), { isTTY: true });
    const notes = new RecordedStream(true);
    const parts = {
      output: new RecordedStream(),
      notes,
      input,
      environment: { TERM: 'dumb' },
      elapsedMs: () => 0,
    };
    return { terminal: createTerminal(parts), input, notes };
  }

  it.each([
    ['y\n', true],
    ['Yes\n', true],
    ['n\n', false],
    ['\n', false],
    ['yesterday\n', false],
    ['', false],
  ])('asks, and takes %j for %s', async (answer, isYes) => {
    const id = storeSearch();
    const { terminal, input, notes } = openTerminal();
    input.end(answer);
    await gc([], terminal);
    expect(notes.text).toContain('Delete 3 files, 5.00 MB? [y/N] ');
    expect(filesIn(`${id}/checkpoints`)).toHaveLength(isYes ? 3 : 6);
  });

  it('stops at Ctrl-C', async () => {
    const id = storeSearch();
    const { terminal } = openTerminal();
    const controller = new AbortController();
    const collecting = recordCli(['gc'], folder, { terminal, signal: controller.signal });
    setTimeout(() => {
      controller.abort(new Interruption('SIGINT'));
    }, 300);
    expect((await collecting).status).toBe(130);
    expect(filesIn(`${id}/checkpoints`)).toHaveLength(6);
  });
});
