import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hashModelFolder } from '../../src/cli/compose/hash-folder.js';
import { holdRun } from '../../src/cli/compose/hold-run.js';
import { scoringCaptions, searchCaptions } from '../../src/cli/compose/scoring-captions.js';
import { superviseRun } from '../../src/cli/compose/supervise-run.js';
import { storedConfig } from '../../src/cli/compose/stored-config.js';
import { createTerminal } from '../../src/cli/terminal/terminal.js';
import { SnapEvoError } from '../../src/errors/snapevo-error.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import type { RunRecord } from '../../src/store/run-record.js';
import { RecordedStream } from './recorded-cli.js';
import { minuteClock } from './stored-runs.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'snapevo-compose-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function storeWithRun(config: unknown = {}): { readonly store: MemoryStore; readonly run: RunRecord } {
  const store = new MemoryStore({ nowMs: minuteClock(), drawSuffix: () => 1 });
  const run = store.createRun({
    kind: 'search',
    name: 'test',
    config,
    snapevoVersion: '1.2.3',
    deviceFingerprint: 'x',
    inputs: { pipeline: 'y' },
  });
  return { store, run };
}

describe('holdRun', () => {
  const { signal } = new AbortController();

  it('is the only writer meanwhile, and stores how it ended', async () => {
    const { store, run } = storeWithRun();
    const ending = await holdRun(store, run, signal, () => {
      expect(store.readRun(run.id).status).toBe('running');
      return Promise.resolve('finished');
    });
    expect([ending, store.readRun(run.id).status]).toEqual(['finished', 'finished']);
  });

  it('stores a failure with its reason, and passes it on', async () => {
    const { store, run } = storeWithRun();
    const failing = holdRun(store, run, signal, () => Promise.reject(new Error('no room')));
    await expect(failing).rejects.toThrow('no room');
    expect(store.readRun(run.id)).toMatchObject({ status: 'failed', statusNote: 'INTERNAL: no room' });
  });

  it.each([
    [{}, 'NO_ROOM: found 3'],
    [{ where: 'disk d', hint: 'make room' }, 'NO_ROOM: found 3 (disk d); hint: make room'],
    [{ where: '3' }, 'NO_ROOM: found 3'],
    [{ hint: 'make\n  room' }, 'NO_ROOM: found 3; hint: make room'],
  ])('stores of a failure its code, place and remedy', async (parts, statusNote) => {
    const { store, run } = storeWithRun();
    const error = new SnapEvoError({ code: 'NO_ROOM', message: 'found 3', ...parts });
    await expect(holdRun(store, run, signal, () => Promise.reject(error))).rejects.toThrow(error);
    expect(store.readRun(run.id)).toMatchObject({ status: 'failed', statusNote });
  });

  it('takes work that rejects because it was aborted for interrupted, not failed', async () => {
    const { store, run } = storeWithRun();
    const controller = new AbortController();
    const stopping = holdRun(store, run, controller.signal, () => {
      controller.abort(new Error('enough'));
      return Promise.reject(controller.signal.reason as Error);
    });
    await expect(stopping).rejects.toThrow('enough');
    expect(store.readRun(run.id).status).toBe('interrupted');
  });
});

describe('holdRun on a store that fails as well', () => {
  it('tells of both, the first as the cause', async () => {
    const { store, run } = storeWithRun();
    store.endRun = () => {
      throw new SnapEvoError({ code: 'STORE_DATABASE', message: 'disk full', hint: 'Make room.' });
    };
    const first = new Error('no room');
    const failing = holdRun(store, run, new AbortController().signal, () => Promise.reject(first));
    await expect(failing).rejects.toMatchObject({
      code: 'FAILURE_NOT_STORED',
      message: expect.stringMatching(/no room.*disk full/) as string,
      hint: 'Make room.',
      fault: 'user',
      cause: first,
    });
  });

  it('tells of one, where both are the same', async () => {
    const { store, run } = storeWithRun();
    const full = (): SnapEvoError => new SnapEvoError({ code: 'STORE_DATABASE', message: 'disk full' });
    store.endRun = () => {
      throw full();
    };
    const [first, { signal }] = [full(), new AbortController()];
    await expect(holdRun(store, run, signal, () => Promise.reject(first))).rejects.toBe(first);
  });
});

describe('superviseRun', () => {
  async function supervise(work: () => Promise<'finished'>): Promise<{ output: string; notes: string }> {
    const { store, run } = storeWithRun();
    const [output, notes] = [new RecordedStream(), new RecordedStream()];
    const terminal = createTerminal({ output, notes, environment: {}, elapsedMs: () => 0 });
    const context = { terminal, currentFolder: folder, signal: new AbortController().signal };
    const supervised = { store, run, results: join(folder, 'results'), asJson: true };
    await superviseRun(supervised, context, work, () => '').catch(() => undefined);
    return { output: output.text, notes: notes.text };
  }

  it('tells people and programs how to go on with a run that failed', async () => {
    const { output, notes } = await supervise(() => Promise.reject(new Error('no room')));
    expect(notes).toMatch(/^Stopped; .* `npx snapevo resume \S+` goes on/);
    expect(JSON.parse(output)).toEqual({
      type: 'failed',
      run: expect.any(String) as string,
      resume: expect.stringMatching(/^npx snapevo resume /) as string,
    });
  });

  it('tells nothing of one that is over', async () => {
    expect(await supervise(() => Promise.resolve('finished'))).toEqual({ output: '', notes: '' });
  });
});

describe('hashModelFolder', () => {
  it('tells contents and names apart, and does not mind read-me files', async () => {
    mkdirSync(join(folder, 'unet'));
    writeFileSync(join(folder, 'unet', 'config.json'), '{}');
    const first = await hashModelFolder(folder);
    writeFileSync(join(folder, 'README.md'), 'hello');
    expect(await hashModelFolder(folder)).toBe(first);
    writeFileSync(join(folder, 'unet', 'config.json'), '{ }');
    const second = await hashModelFolder(folder);
    writeFileSync(join(folder, 'unet', 'config2.json'), '{}');
    expect(new Set([first, second, await hashModelFolder(folder)]).size).toBe(3);
  });

  // What nothing is mapped at in a process can't be read, by whoever owns it.
  it.runIf(process.platform === 'linux')('names the file that can’t be read', async () => {
    const path = join(folder, 'model.safetensors');
    symlinkSync('/proc/self/mem', path);
    await expect(hashModelFolder(folder)).rejects.toMatchObject({
      code: 'MODEL_UNREADABLE',
      where: path,
      message: expect.stringContaining('expected the file of a model: EIO') as string,
    });
  });

  it('is the same of files and folders behind links', async () => {
    mkdirSync(join(folder, 'model', 'unet'), { recursive: true });
    writeFileSync(join(folder, 'model', 'config.json'), '{}');
    writeFileSync(join(folder, 'model', 'unet', 'model.safetensors'), 'weights');
    const plain = await hashModelFolder(join(folder, 'model'));
    renameSync(join(folder, 'model'), join(folder, 'blobs'));
    mkdirSync(join(folder, 'model'));
    symlinkSync(join('..', 'blobs', 'unet'), join(folder, 'model', 'unet'));
    symlinkSync(join('..', 'blobs', 'config.json'), join(folder, 'model', 'config.json'));
    symlinkSync('.', join(folder, 'model', 'itself'));
    expect(await hashModelFolder(join(folder, 'model'))).toBe(plain);
  });
});

describe('storedConfig', () => {
  it('refuses what another version wrote, and says which one', () => {
    const { run } = storeWithRun({ rounds: 3 });
    expect(storedConfig(z.strictObject({ rounds: z.int() }), run)).toEqual({ rounds: 3 });
    expect(() => storedConfig(z.strictObject({ steps: z.int() }), run)).toThrow(
      expect.objectContaining({
        code: 'RUN_CONFIG_UNREADABLE',
        hint: expect.stringContaining('1.2.3') as string,
      }),
    );
  });
});

describe('searchCaptions', () => {
  it('takes those of a sorted file in another order, always the same', () => {
    const captions = join(folder, 'captions.txt');
    const sorted = Array.from({ length: 40 }, (_, index) => `caption ${100 + index}`);
    writeFileSync(captions, sorted.join('\n'));
    const found = searchCaptions({ captions, split: 'train' }, 40);
    expect(found.toSorted()).toEqual(sorted);
    expect(found.slice(0, 8).some((caption) => caption > 'caption 120')).toBe(true);
    expect(searchCaptions({ captions, split: 'train' }, 40)).toEqual(found);
  });

  it('takes those of the emoji set in their own order, which is spread over its categories', () => {
    const emoji = { captions: null, split: 'held-out' } as const;
    expect(searchCaptions(emoji, 8)).toEqual(scoringCaptions(emoji, 8));
  });
});

describe('scoringCaptions', () => {
  it('takes the first of a file, or of a part of the emoji set', () => {
    const captions = join(folder, 'captions.txt');
    writeFileSync(captions, 'a\nb\nc\n');
    expect(scoringCaptions({ captions, split: 'train' }, 2)).toEqual(['a', 'b']);
    const emoji = { captions: null, split: 'held-out' } as const;
    expect(scoringCaptions(emoji, 8).slice(0, 4)).toEqual(scoringCaptions(emoji, 4));
  });

  it('says so when there are too few', () => {
    const captions = join(folder, 'captions.txt');
    writeFileSync(captions, 'a\n');
    expect(() => scoringCaptions({ captions, split: 'train' }, 2)).toThrow(
      expect.objectContaining({ code: 'CAPTIONS_TOO_FEW', where: captions }),
    );
  });
});
