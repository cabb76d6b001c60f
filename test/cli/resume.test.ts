import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configuredDevice, fingerprintOf } from '../../src/cli/compose/describe-device.js';
import { optimizationInputs } from '../../src/cli/compose/optimization-inputs.js';
import { pretrainInputs, searchInputs } from '../../src/cli/compose/run-inputs.js';
import { mixesResults } from '../../src/cli/compose/version-compatibility.js';
import { Interruption } from '../../src/cli/terminal/interruption.js';
import { loadConfig } from '../../src/config/load-config.js';
import { optimizeConfigSchema } from '../../src/config/optimize-config.js';
import { pretrainConfigSchema } from '../../src/config/pretrain-config.js';
import { searchConfigSchema } from '../../src/config/search-config.js';
import { STATE_VERSION } from '../../src/search/state.js';
import { SqliteStore } from '../../src/store/sqlite-store.js';
import type { NewRun, RunRecord } from '../../src/store/run-record.js';
import { writeTinyProject } from './built-cli.js';
import { recordCli, type Recording } from './recorded-cli.js';
import { minuteClock } from './stored-runs.js';
import { putTinyModels } from './tiny-models.js';

/** Of `recordCli`. */
const version = '1.2.3';

let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'snapevo-resume-'));
  await writeTinyProject(folder);
  for (const model of ['pipeline', 'scorer']) {
    mkdirSync(join(folder, model));
    writeFileSync(join(folder, model, 'config.json'), '{}');
  }
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function openStore(): SqliteStore {
  let suffix = 0;
  const path = join(folder, 'results', 'snapevo.db');
  return new SqliteStore(path, {
    nowMs: minuteClock(),
    drawSuffix: () => (suffix += 1),
    command: 'snapevo search',
  });
}

/** An interrupted search as this version would have stored it here, but for the changes. */
async function storeSearch(
  changes: Partial<NewRun> = {},
  state?: unknown,
  settings: readonly string[] = [],
): Promise<string> {
  const config = loadConfig(searchConfigSchema, 'search.yaml', { settings, currentFolder: folder });
  const deviceFingerprint = fingerprintOf(configuredDevice(config.device));
  const origin = { snapevoVersion: version, deviceFingerprint, inputs: await searchInputs(config) };
  return storeRun({ kind: 'search', name: 'tiny', config, ...origin, ...changes }, state);
}

function storeRun(run: NewRun, state?: unknown): string {
  const store = openStore();
  const { id } = store.createRun(run);
  store.lockRun(id);
  if (state !== undefined) store.appendEvent(id, { event: 'scored', state });
  store.endRun(id, 'interrupted', 'a note');
  store.close();
  return id;
}

function readRun(id: string): RunRecord {
  const store = openStore();
  const run = store.readRun(id);
  store.close();
  return run;
}

const resume = (...args: readonly string[]): Promise<Recording> => recordCli(['resume', ...args], folder);

/** Resumes a run, which stops before its first unit of work. */
const open = (...args: readonly string[]): Promise<Recording> =>
  recordCli(['resume', ...args], folder, { signal: AbortSignal.abort(new Interruption('SIGINT')) });

/** What a pipeline that is no model is refused with, by those who went on as far as that. */
const WENT_ON = 'model_index.json';

describe('resume', () => {
  it('goes on where nothing has changed', async () => {
    await storeSearch();
    const { notes } = await resume();
    expect(notes).not.toContain('RUN_WORLD_CHANGED');
    expect(notes).toContain(WENT_ON);
  });

  it('goes on with another patch of its version', async () => {
    await storeSearch({ snapevoVersion: '1.0.9' });
    expect((await resume()).notes).toContain(WENT_ON);
  });

  it('tells everything that has changed, each with what it was and is, and how to go on', async () => {
    putTinyModels(folder);
    const id = await storeSearch({ snapevoVersion: '0.9.0' });
    appendFileSync(join(folder, 'pipeline', 'unet', 'config.json'), '\n');
    writeFileSync(join(folder, 'captions.txt'), 'a\nb\nc\nd\n');
    const { inputs } = readRun(id);
    const { status, output, notes } = await resume();
    expect({ status, output }).toEqual({ status: 2, output: '' });
    expect(notes).toContain('error RUN_WORLD_CHANGED: 3 things have changed since the run was started:\n');
    const was = (name: string): string => (inputs[name] ?? '').slice(0, 8);
    const expected = 'expected what the run was started with,';
    for (const [name, file] of [
      ['pipeline', 'pipeline'],
      ['captions', 'captions.txt'],
    ] as const) {
      const found = `found [0-9a-f]{8} in ${join(folder, file)}`;
      expect(notes).toMatch(new RegExp(`^  ${name}: ${expected} ${was(name)}, ${found}$`, 'm'));
    }
    expect(notes).toContain(`\n  snapevo: ${expected} 0.9.0, found ${version}\n`);
    expect(notes).toContain(`\`npx snapevo resume ${id} --force\` goes on all the same`);
    expect(readRun(id)).toMatchObject({
      status: 'interrupted',
      statusNote: 'a note',
      snapevoVersion: '0.9.0',
    });
  });

  it('tells programs what has changed, in full', async () => {
    await storeSearch({ snapevoVersion: '0.9.0' });
    const { notes } = await resume('--json');
    const { error } = JSON.parse(notes.split('\n').at(-2) ?? '') as { error: { changes: unknown } };
    expect(error.changes).toEqual([{ name: 'snapevo', before: '0.9.0', now: version, isForcible: true }]);
  });

  it('tells programs where changed pictures lie', async () => {
    const config = loadConfig(pretrainConfigSchema, 'pretrain.yaml', { settings: [], currentFolder: folder });
    const deviceFingerprint = fingerprintOf(configuredDevice(config.device));
    const origin = { snapevoVersion: version, deviceFingerprint, inputs: { pictures: 'others' } };
    storeRun({ kind: 'pretrain', name: 'tiny', config, ...origin });
    const { notes } = await resume('--json');
    const { error } = JSON.parse(notes.split('\n').at(-2) ?? '') as { error: { changes: unknown } };
    expect(error.changes).toEqual([
      expect.objectContaining({ name: 'pictures', where: join(folder, 'pictures') }),
    ]);
  });

  it('takes an input that the run has no record of for changed', async () => {
    const { inputs } = readRun(await storeSearch());
    const { scorer: _, ...others } = inputs;
    await storeSearch({ inputs: others });
    expect((await resume()).notes).toMatch(
      /scorer: expected what the run was started with, nothing on record, found [0-9a-f]{8}/,
    );
  });

  it('goes on by force, keeps a record of it, and asks for no force the next time', async () => {
    const id = await storeSearch({ snapevoVersion: '0.9.0' });
    const before = readRun(id);
    putTinyModels(folder);
    const forced = await open('--force');
    expect(forced.notes).toContain('Going on by force; no longer as it was: pipeline, scorer, snapevo.');
    expect(forced.notes).toContain('Interrupted; what was done is stored.');
    const after = readRun(id);
    const at = new Date(1_800_000_000_000).toISOString();
    expect(after).toMatchObject({ status: 'interrupted', snapevoVersion: version });
    const { pipeline = '', scorer = '' } = after.inputs;
    expect(after.inputs).toEqual({
      ...before.inputs,
      pipeline,
      scorer,
      [`pipeline until ${at}`]: before.inputs['pipeline'],
      [`scorer until ${at}`]: before.inputs['scorer'],
      [`snapevo until ${at}`]: '0.9.0',
    });
    expect([pipeline, scorer]).not.toContain(before.inputs['pipeline']);
    expect((await open()).notes).not.toContain('RUN_WORLD_CHANGED');
    const shown = await recordCli(['show', id], folder);
    expect(shown.output).toMatch(/^ {2}snapevo until 2027-\S+ +0\.9\.0$/m);
  });

  it('leaves the record as it was where what it is forced onto can’t be opened', async () => {
    const id = await storeSearch({ snapevoVersion: '0.9.0' });
    const before = readRun(id);
    putTinyModels(folder);
    const file = join(folder, 'scorer', 'tokenizer.json');
    const tokenizer = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly model: { readonly vocab: object };
    };
    Object.assign(tokenizer.model.vocab, { beyond: 999 });
    writeFileSync(file, JSON.stringify(tokenizer));
    const { status, notes } = await open('--force');
    expect([status, notes]).toEqual([2, expect.stringContaining('error TOKENIZER_MISMATCH')]);
    expect(notes).toContain('Going on by force');
    const { inputs, snapevoVersion } = readRun(id);
    expect({ inputs, snapevoVersion }).toEqual({ inputs: before.inputs, snapevoVersion: '0.9.0' });
    expect((await open()).notes).toContain('error RUN_WORLD_CHANGED');
  });

  it.each([
    ['pipeline', 'pipeline/unet', 'diffusion_pytorch_model.safetensors'],
    ['pipeline', 'pipeline/vae/config.json', ''],
    ['pipeline', 'pipeline/tokenizer', 'tokenizer.json'],
    ['pipeline', 'pipeline/scheduler/scheduler_config.json', ''],
    ['pipeline', 'pipeline', ''],
    ['scorer', 'scorer', 'model.safetensors'],
    ['captions', 'captions.txt', ''],
    ['pictures', 'pictures', '0.png'],
  ])('says what of the %s is gone: %s %s', async (name, where, file) => {
    putTinyModels(folder);
    const id = await storeSearch({ snapevoVersion: '0.9.0' });
    rmSync(join(folder, where, file), { recursive: true });
    for (const args of [[], ['--force']]) {
      const { status, notes } = await open(...args);
      expect(status).toBe(2);
      expect(notes).toContain(`error RUN_INPUT_UNREADABLE: ${name}: expected what the run was started with`);
      expect(notes).toContain(join(folder, where));
      expect(notes).toContain(file);
      expect(notes).toContain('hint: Put back what is missing');
      expect(readRun(id)).toMatchObject({ status: 'interrupted', snapevoVersion: '0.9.0' });
    }
  });

  it.each([
    ['captions', 'captions.txt'],
    ['pictures', join('pictures', 'metadata.jsonl')],
  ])('says where the %s that are gone should be: %s', async (name, file) => {
    await storeSearch();
    const path = join(folder, file);
    rmSync(path);
    const { notes } = await open();
    expect(notes).toContain(`${name}: expected what the run was started with, found what can't be read: `);
    expect(notes).toContain(`: expected a file, found none\n  where: ${path}\n`);
  });

  it('holds a changed pipeline against the sampler of the search, not the scheduler’s own', async () => {
    putTinyModels(folder);
    await storeSearch({}, undefined, ['evaluation.sampler=ddim']);
    const file = join(folder, 'pipeline', 'scheduler', 'scheduler_config.json');
    const scheduler = JSON.parse(readFileSync(file, 'utf8')) as object;
    const ofAnother = { _class_name: 'DPMSolverMultistepScheduler', solver_order: 3 };
    writeFileSync(file, JSON.stringify({ ...scheduler, ...ofAnother }));
    expect((await open()).notes).toContain('error RUN_WORLD_CHANGED: pipeline: ');
    expect((await open('--force')).notes).toContain('Interrupted; what was done is stored.');
  });

  it('says of weights that were cut short that they can’t be read', async () => {
    putTinyModels(folder);
    await storeSearch();
    const weights = join(folder, 'pipeline', 'unet', 'diffusion_pytorch_model.safetensors');
    truncateSync(weights, 100);
    const { notes } = await open();
    expect(notes).toContain('error RUN_INPUT_UNREADABLE: pipeline: ');
    expect(notes).toContain(weights);
  });

  it.each([
    ['device', { deviceFingerprint: 'another' }, undefined],
    ['measuring', { inputs: { measuring: 'v0' } }, undefined],
    ['state layout', {}, { version: STATE_VERSION - 1 }],
  ])('does not go over a changed %s by force, and tells the rest too', async (name, changes, state) => {
    const id = await storeSearch({ snapevoVersion: '0.9.0', ...changes }, state);
    const { status, notes } = await resume('--force');
    expect(status).toBe(2);
    expect(notes).toMatch(new RegExp(`^  ${name}: expected`, 'm'));
    expect(notes).toMatch(/^ {2}snapevo: expected/m);
    expect(notes).toContain(`--force does not go over ${name}:`);
    expect(readRun(id).snapevoVersion).toBe('0.9.0');
  });

  it('does not go over the device of an optimization by force, which compares latencies', async () => {
    const config = loadConfig(optimizeConfigSchema, 'optimize.yaml', { settings: [], currentFolder: folder });
    const inputs = await optimizationInputs(config);
    const origin = { snapevoVersion: version, deviceFingerprint: 'another', inputs };
    storeRun({ kind: 'optimize', name: 'tiny', config, ...origin });
    expect((await resume('--force')).notes).toContain('--force does not go over device:');
  });

  it('goes on with a pretraining on another device by force, which measures no latency', async () => {
    const config = loadConfig(pretrainConfigSchema, 'pretrain.yaml', { settings: [], currentFolder: folder });
    const origin = {
      snapevoVersion: version,
      deviceFingerprint: 'another',
      inputs: await pretrainInputs(config),
    };
    const id = storeRun({ kind: 'pretrain', name: 'tiny', config, ...origin });
    expect((await resume()).notes).toContain(
      'device: expected what the run was started with, another, found',
    );
    const state = join(folder, 'results', id, 'vae.safetensors');
    mkdirSync(dirname(state), { recursive: true });
    writeFileSync(state, 'no training state');
    const forced = await resume('--force');
    expect(forced.notes).toContain('Going on by force; no longer as it was: device.');
    expect(forced.notes).toContain(state);
    expect(readRun(id)).toMatchObject({ status: 'failed', deviceFingerprint: 'another' });
    rmSync(state);
    expect((await resume('--force')).status).toBe(0);
    expect(readRun(id).deviceFingerprint).not.toBe('another');
  });

  it('tells who holds the run, named or not', async () => {
    const id = await storeSearch();
    const holder = openStore();
    holder.lockRun(id);
    for (const args of [[], [id]]) {
      const { status, notes } = await resume(...args);
      expect(status).toBe(2);
      expect(notes).toContain('error STORE_RUN_LOCKED');
      expect(notes).toContain(`held by process ${process.pid} (snapevo search) on`);
    }
    expect(holder.readRun(id).status).toBe('running');
    holder.close();
  });

  it('prefers a run that nobody holds to a newer one', async () => {
    const [free, held] = [await storeSearch({ name: 'free' }), await storeSearch({ name: 'held' })];
    const holder = openStore();
    holder.lockRun(held);
    expect((await resume()).notes).toContain(`run ${free}\n`);
    holder.close();
  });
});

describe('mixesResults', () => {
  it.each([
    ['0.1.0', '0.1.7', false],
    ['0.1.0', '0.2.0', true],
    ['0.9.0', '1.0.0', true],
    ['1.2.3', '1.4.0', false],
    ['1.2.3', '2.0.0', true],
    ['0.2.0-rc.1', '0.2.0', true],
    ['0.2.0-rc.1', '0.2.0-rc.1', false],
  ])('of %s and %s is %s', (before, now, mixes) => {
    expect([mixesResults(before, now), mixesResults(now, before)]).toEqual([mixes, mixes]);
  });
});
