import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settleEnding } from '../../src/cli/compose/settle-run.js';
import { describeError, exitStatusOf } from '../../src/cli/terminal/error-report.js';
import { Interruption } from '../../src/cli/terminal/interruption.js';
import { createTerminal } from '../../src/cli/terminal/terminal.js';
import { recordCli, RecordedStream } from './recorded-cli.js';
import { storeRuns } from './stored-runs.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'snapevo-wrong-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('wrong use of the command line', () => {
  it.each([
    [['list', '--foo'], "unknown option '--foo'"],
    [['search'], "missing required argument 'config'"],
    [['generate'], "required option '--prompt <text>' not specified"],
    [['show', '--round', 'x'], "option '--round <number>' argument 'x' is invalid"],
    [['list', '--results', ''], "option '--results <folder>' argument '' is invalid. Expected a folder."],
    [['serch'], "unknown command 'serch'"],
    [[], "unknown option '--json'"],
  ])('%j is told as JSON where that is asked for', async (args, message) => {
    const { status, output, notes } = await recordCli([...args, '--json'], folder);
    expect({ status, output }).toEqual({ status: 2, output: '' });
    const { error } = JSON.parse(notes) as { error: { code: string; message: string } };
    expect(error.code).toBe('ARGUMENTS_INVALID');
    expect(error.message).toContain(message);
  });

  it('is told in words otherwise', async () => {
    const { status, notes } = await recordCli(['list', '--foo'], folder);
    expect(status).toBe(2);
    expect(notes).toMatch(/^error: unknown option '--foo'\n[\s\S]*--help/);
  });

  it.each([['list'], ['show'], ['plot'], ['resume']])(
    '%s says that its results are a file',
    async (command) => {
      writeFileSync(join(folder, 'file'), '');
      const { status, notes } = await recordCli([command, '--results', 'file'], folder);
      expect(status).toBe(2);
      expect(notes).toContain('error RESULTS_NO_FOLDER: expected a folder of runs, found a file');
      expect(notes).toContain(`where: ${join(folder, 'file')}`);
    },
  );
});

describe('evaluate', () => {
  it('asks for a scorer where the one that is shipped is not', async () => {
    const { status, notes } = await recordCli(['evaluate', resolve('models/emoji')], folder);
    expect(status).toBe(2);
    expect(notes).toContain('error SCORER_NOT_NAMED: expected --scorer');
    expect(notes).toContain('Name the folder of a CLIP model with --scorer.');
  });
});

describe('results that cannot be', () => {
  it('are no runs where they are only read', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { status, notes } = await recordCli(['show', '--results', 'file/below'], folder);
    expect(status).toBe(2);
    expect(notes).toContain('error RUN_NONE: expected a run, found none');
  });
});

describe('a model that is none', () => {
  const prompted = ['--prompt', 'x', '--device', 'cpu'];

  it('is said to be neither a folder nor a run', async () => {
    for (const stored of [false, true]) {
      if (stored) storeRuns(join(folder, 'results'));
      const { status, notes } = await recordCli(['generate', '/nope', ...prompted], folder);
      expect(status).toBe(2);
      expect(notes).toContain(
        'error MODEL_UNKNOWN: expected the folder of a pipeline, or the id of a search or an optimization, found "/nope", which is neither',
      );
    }
    mkdirSync(join(folder, 'pictures'));
    const { notes } = await recordCli(['evaluate', 'pictures'], folder);
    expect(notes).toContain('found "pictures", which is a folder without a model_index.json');
  });

  it.each([
    ['foo!', 'DEVICE_INVALID'],
    ['foo', 'DEVICE_UNSUPPORTED'],
  ])('is not looked for where the device is wrong: %s', async (device, code) => {
    for (const args of [
      ['generate', '/nope', '--prompt', 'x'],
      ['evaluate', '/nope'],
      ['measure', '/nope'],
    ]) {
      const { status, notes } = await recordCli([...args, '--device', device], folder);
      expect(status).toBe(2);
      expect(notes).toContain(`error ${code}: expected a device`);
    }
  });
});

describe('an interruption', () => {
  it('is told to programs, with how to go on', () => {
    const [output, notes] = [new RecordedStream(), new RecordedStream()];
    const terminal = createTerminal({ output, notes, environment: {}, elapsedMs: () => 0 });
    const { signal } = new AbortController();
    const context = { terminal, signal, currentFolder: folder };
    settleEnding('interrupted', 'abc', join(folder, 'results'), context, true);
    expect(JSON.parse(output.text)).toEqual({
      type: 'interrupted',
      run: 'abc',
      resume: 'npx snapevo resume abc',
    });
  });

  it('has a code of its own, and the status of its signal', () => {
    const interruption = new Interruption('SIGINT');
    expect(describeError(interruption)).toEqual({ code: 'INTERRUPTED', message: 'interrupted by SIGINT' });
    expect(exitStatusOf(interruption)).toBe(130);
  });
});

describe('a terminal that cannot redraw', () => {
  it('gets lines', () => {
    const notes = new RecordedStream(true);
    const environment = { TERM: 'dumb' };
    const terminal = createTerminal({ output: new RecordedStream(), notes, environment, elapsedMs: () => 0 });
    terminal.progress.start('work', 3);
    terminal.progress.stop();
    expect(notes.text).toBe('work: 0/3\n');
    expect(terminal.screen).toBeUndefined();
  });
});
