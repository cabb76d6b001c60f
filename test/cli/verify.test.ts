import Database from 'better-sqlite3';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordOptimization, type OptimizationEvent } from '../../src/cli/optimize-run/optimization-state.js';
import { MODEL_FILE } from '../../src/cli/optimize-run/stage-folders.js';
import type { Verification } from '../../src/cli/views/verification-view.js';
import { writeTrainingState } from '../../src/training/training-state-file.js';
import { SqliteStore } from '../../src/store/sqlite-store.js';
import { recordCli, type Recording } from './recorded-cli.js';
import { minuteClock } from './stored-runs.js';
import { storeSearch } from './stored-search.js';

let folder: string;
let id: string;

const results = (...path: readonly string[]): string => join(folder, 'results', ...path);

function openStore(): SqliteStore {
  let suffix = 0;
  const dependencies = { nowMs: minuteClock(), drawSuffix: () => (suffix += 1) };
  return new SqliteStore(results('snapevo.db'), dependencies);
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'snapevo-verify-'));
  const store = openStore();
  id = await storeSearch(store, { runFolder: (runId) => results(runId) });
  store.close();
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const verify = (...args: readonly string[]): Promise<Recording> => recordCli(['verify', ...args], folder);

/** What is found, each as what and where. */
async function findingsOf(): Promise<readonly { readonly what: string; readonly where: string }[]> {
  const { status, output, notes } = await verify('--json');
  const { findings, runs } = JSON.parse(output) as Verification;
  const all = [...findings, ...runs.flatMap((run) => run.findings)];
  expect(status).toBe(all.length === 0 ? 0 : 1);
  if (all.length > 0) expect(notes).toContain('"code":"VERIFY_DAMAGED"');
  return all.map(({ what, where }) => ({ what, where }));
}

function checkpoint(): string {
  const [file = ''] = readdirSync(results(id, 'checkpoints'));
  return results(id, 'checkpoints', file);
}

function change(sql: string): void {
  const database = new Database(results('snapevo.db'));
  database.pragma('foreign_keys = OFF');
  expect(database.prepare(sql).run().changes).toBeGreaterThan(0);
  database.close();
}

describe('verify', () => {
  it('says what it looked at, where nothing is damaged', async () => {
    const { status, output } = await verify();
    expect(status).toBe(0);
    expect(output).toContain(`${results('snapevo.db')}: whole\n`);
    expect(output).toMatch(/^run +events +rows +checkpoints +MB +found$/m);
    expect(output).toMatch(new RegExp(`^${id} +34 +46 +1 +\\S+ +nothing$`, 'm'));
    expect(await findingsOf()).toEqual([]);
  });

  it.each([
    [
      'changed',
      (path: string) => {
        writeFileSync(path, readFileSync(path).fill(0, 0, 1));
      },
      'SHA-256 is',
    ],
    [
      'cut short',
      (path: string) => {
        truncateSync(path, 1);
      },
      'bytes, found 1',
    ],
    [
      'gone',
      (path: string) => {
        rmSync(path);
      },
      'found none',
    ],
  ])('finds a checkpoint that was %s', async (_, damage, message) => {
    const path = checkpoint();
    damage(path);
    const { status, output, notes } = await verify(id);
    expect(status).toBe(1);
    expect(output).toMatch(/^checkpoint: expected /m);
    expect(output).toContain(message);
    expect(output).toContain(`\n  where: ${path}\n  hint: Restore the file`);
    expect(output).toMatch(new RegExp(`^${id} .* 1 damaged$`, 'm'));
    expect(notes).toContain(
      'error VERIFY_DAMAGED: expected everything to be as it was stored, found otherwise: 1 thing\n',
    );
    expect(notes).not.toContain('fault in SnapEvo');
    expect(await findingsOf()).toEqual([{ what: 'checkpoint', where: path }]);
  });

  it.each([
    ['an action', "UPDATE actions SET kind = 'copy' WHERE action_index = 1", /^action/],
    ['a candidate', 'UPDATE candidates SET rank = 7 WHERE rank = 1', /^candidate/],
    ['a score', "UPDATE events SET event = json_set(event, '$.scores[0]', 0.5) WHERE sequence = 3", /./],
    ['the state', "UPDATE states SET state = json_set(state, '$.trainedSteps', 1)", /^state/],
    ['no JSON', "UPDATE states SET state = '{'", /^state/],
    ['no JSON', "UPDATE events SET event = '{' WHERE sequence = 2", /^events/],
  ])('finds that %s was changed: %s', async (_, sql, named) => {
    change(sql);
    const found = await findingsOf();
    expect(found.map(({ what }) => what).join()).toMatch(named);
    expect(new Set(found.map(({ where }) => where))).toEqual(new Set([id]));
  });

  it('finds a row that refers to none', async () => {
    change("INSERT INTO metrics (run_id, name, value) VALUES ('nobody', 'a', 1)");
    expect(await findingsOf()).toEqual([{ what: 'database', where: results('snapevo.db') }]);
  });

  it('finds damaged pages', async () => {
    const path = results('snapevo.db');
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xff, 8192, bytes.length - 4096));
    const found = await findingsOf();
    expect(found[0]).toEqual({ what: 'database', where: path });
  });

  it('leaves out a run that somebody works on', async () => {
    const holder = openStore();
    holder.lockRun(id);
    rmSync(checkpoint());
    const { status, output } = await verify();
    expect(status).toBe(0);
    expect(output).toMatch(new RegExp(`^${id} .* nothing +left out: somebody works on it$`, 'm'));
    holder.close();
  });

  it('says by which version a damaged run was decided, where that is another', async () => {
    change("UPDATE actions SET kind = 'copy' WHERE action_index = 1");
    const { output } = await recordCli(['verify'], folder, { version: '2.0.0' });
    expect(output).toContain(
      `This is SnapEvo 2.0.0, which may decide otherwise than the one that ran them: ${id} by 1.2.3.`,
    );
    expect((await verify()).output).not.toContain('This is SnapEvo');
  });

  it('takes a state of a pretraining for whole that is newer than its record, and no other', async () => {
    const store = openStore();
    const origin = { snapevoVersion: '1.2.3', deviceFingerprint: 'x', inputs: {} };
    const { id: pretraining } = store.createRun({ kind: 'pretrain', name: 'p', config: {}, ...origin });
    store.lockRun(pretraining);
    const path = results(pretraining, 'unet.safetensors');
    const weights = new Map([['a', new Float32Array([1, 2])]]);
    const state = { parameter: weights, moment1: weights, moment2: weights, average: weights };
    const { sha256, sizeBytes } = writeTrainingState(path, state, () => [2], 10);
    store.recordCheckpoint(pretraining, {
      file: 'unet.safetensors',
      sha256,
      sizeBytes,
      step: 10,
      kind: 'unet-training-state',
    });
    store.endRun(pretraining, 'interrupted');
    store.close();
    expect(await findingsOf()).toEqual([]);
    writeTrainingState(path, state, () => [2], 11);
    expect(createHash('sha256').update(readFileSync(path)).digest('hex')).not.toBe(sha256);
    expect(await findingsOf()).toEqual([]);
    writeTrainingState(path, state, () => [2], 9);
    expect(await findingsOf()).toEqual([{ what: 'checkpoint', where: path }]);
  });

  it('misses files of an optimization only of stages that are done', async () => {
    const store = openStore();
    const origin = { snapevoVersion: '1.2.3', deviceFingerprint: 'x', inputs: {} };
    const { id: optimization } = store.createRun({ kind: 'optimize', name: 'o', config: {}, ...origin });
    store.lockRun(optimization);
    const record = (event: OptimizationEvent): void => {
      recordOptimization(store, optimization, event);
    };
    record({ type: 'stage-done', stage: 'evolve' });
    record({ type: 'stage-begun', stage: 'decoder' });
    for (const file of ['evolved/unet/config.json', 'vae/config.json', 'model/vae/config.json']) {
      const lost = { file, sha256: '0'.repeat(64), sizeBytes: 1, step: 0, kind: MODEL_FILE };
      store.recordCheckpoint(optimization, lost);
    }
    store.endRun(optimization, 'interrupted');
    const lost = (folder: string): object => ({
      what: 'file of a model',
      where: results(optimization, folder, 'config.json'),
    });
    expect(await findingsOf()).toEqual([lost('evolved/unet')]);
    store.lockRun(optimization);
    record({ type: 'stage-done', stage: 'decoder' });
    store.endRun(optimization, 'interrupted');
    expect(await findingsOf()).toEqual(['evolved/unet', 'vae'].map(lost));
    store.lockRun(optimization);
    store.endRun(optimization, 'finished');
    store.close();
    expect(await findingsOf()).toEqual(['evolved/unet', 'model/vae', 'vae'].map(lost));
    change(`UPDATE states SET state = state || ' ' WHERE run_id = '${optimization}'`);
    expect(await findingsOf()).toContainEqual({ what: 'state', where: optimization });
  });

  it.each([
    [['verify', 'nosuch'], 'RUN_UNKNOWN'],
    [['verify', '--results', 'none'], 'RUN_NONE'],
  ])('refuses %j with %s', async (args, code) => {
    const { status, notes } = await recordCli(args, folder);
    expect(status).toBe(2);
    expect(notes).toContain(`error ${code}: expected`);
  });
});
