import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeTaken } from '../../src/cli/compose/tell-taken.js';
import { Interruption } from '../../src/cli/terminal/interruption.js';
import { SqliteStore } from '../../src/store/sqlite-store.js';
import type { RunOutcome, RunRecord, RunStatus } from '../../src/store/run-record.js';
import { newRun } from '../store/store-fixtures.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { writeTinyProject } from './built-cli.js';
import { recordCli } from './recorded-cli.js';
import { putTinyModels } from './tiny-models.js';

const runThatIs = (status: RunStatus): RunRecord => ({ id: 'the-run', status }) as RunRecord;

describe('what is told of a search whose model is taken', () => {
  it.each<[RunStatus, boolean, string | undefined]>([
    ['finished', true, undefined],
    ['finished', false, 'Taking the newest search, the-run.'],
    ['running', true, 'the-run is still going on: its UNet is the newest so far, of round 3.'],
    [
      'running',
      false,
      'Taking the newest search, the-run, which is still going on: its UNet is the newest so far, of round 3.',
    ],
    ['interrupted', true, 'the-run was interrupted: its UNet is the newest so far, of round 3.'],
  ])('that is %s, named: %s', (status, isNamed, told) => {
    expect(describeTaken(runThatIs(status), isNamed, { round: 3 })).toBe(told);
  });

  it('that has stored nothing yet, or is in no round', () => {
    expect(describeTaken(runThatIs('failed'), true, undefined)).toBe(
      'the-run has failed: its UNet is the one it started with.',
    );
    expect(describeTaken(runThatIs('running'), true, { round: undefined })).toBe(
      'the-run is still going on: its UNet is the newest so far.',
    );
  });
});

it('is the newest with a model, where none is named: optimizations that are not finished have none yet', async () => {
  const folder = temporaryFolder();
  putTinyModels(folder);
  const [older] = ['finished', 'interrupted'].map((ending) =>
    storeDistillation(folder, ending as RunOutcome),
  );
  const { status, notes } = await recordCli(['export', '--out', 'exported'], folder);
  expect([status, notes]).toEqual([0, `Taking the newest optimization that is finished, ${older ?? ''}.\n`]);
});

/** Stores an optimization that evolved nothing, with a model of its own where it is finished, and gives its id. */
function storeDistillation(folder: string, ending: RunOutcome): string {
  const path = join(folder, 'results', 'snapevo.db');
  let suffix = ending.length;
  const store = new SqliteStore(path, { nowMs: Date.now, drawSuffix: () => (suffix += 1) });
  const { id } = store.createRun({ ...newRun, kind: 'optimize' });
  store.lockRun(id);
  store.endRun(id, ending);
  store.close();
  if (ending === 'finished')
    cpSync(join(folder, 'pipeline'), join(folder, 'results', id, 'model'), { recursive: true });
  return id;
}

it('is told by export, with a field for programs, of a search that somebody works on', async () => {
  const folder = temporaryFolder();
  await writeTinyProject(folder);
  putTinyModels(folder);
  const signal = AbortSignal.abort(new Interruption('SIGINT'));
  await recordCli(['search', 'search.yaml'], folder, { signal });
  const path = join(folder, 'results', 'snapevo.db');
  const store = new SqliteStore(path, { nowMs: Date.now, drawSuffix: () => 0, command: 'snapevo search' });
  const [run] = store.listRuns();
  const id = run?.id ?? '';
  store.lockRun(id);
  const { status, output, notes } = await recordCli(['export', '--out', 'exported', '--json'], folder);
  store.close();
  expect([status, notes]).toEqual([
    0,
    `Taking the newest search, ${id}, which is still going on: its UNet is the one it started with.\n`,
  ]);
  expect(JSON.parse(output)).toMatchObject({ model: id, runStatus: 'running' });
  const folderAlone = await recordCli(['export', 'pipeline', '--out', 'another', '--json'], folder);
  expect([folderAlone.notes, JSON.parse(folderAlone.output)]).toEqual([
    '',
    expect.not.objectContaining({ runStatus: expect.anything() as unknown }),
  ]);
});
