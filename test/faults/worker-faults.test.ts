import { mkdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Finished, SpawnSettings } from '../cli/built-cli.js';
import type { WorkerFault } from './break-worker.js';
import { breakingWorkers } from './preloaded.js';
import { resumeIn, searchInto, faultProject } from './fault-project.js';

const project = faultProject();

let plans = 0;
function breaking(...faults: readonly WorkerFault[]): SpawnSettings {
  const folder = project.path(`plan-${plans++}`);
  mkdirSync(folder);
  return breakingWorkers({ folder, faults });
}

const losses = ({ notes }: Finished): number => notes.split('Going on with another.').length - 1;

let disturbed: Finished;
beforeAll(async () => {
  disturbed = await project.run(
    searchInto('disturbed'),
    breaking(
      { during: 'measuring', run: 2, times: 1, does: 'exit' },
      { during: 'training', run: 2, times: 1, does: 'escape' },
      { during: 'scoring', run: 3, times: 2, does: 'exit' },
    ),
  );
  project.copyLatencies('disturbed', 'calm');
  expect(await project.run(searchInto('calm'))).toMatchObject({ status: 0 });
});

describe('a search whose workers die', () => {
  it('in measuring, training and scoring goes on with others', () => {
    expect(disturbed.status).toBe(0);
    expect(losses(disturbed)).toBe(4);
    expect(project.failuresIn('disturbed')).toEqual(Array(4).fill('DEVICE_WORKER_LOST'));
    expect(project.searchIn('disturbed')).toMatchObject({ status: 'finished', statusNote: '' });
  });

  it('decides what one does that was left alone', () => {
    expect(project.decisionsIn('disturbed')).toEqual(project.decisionsIn('calm'));
  });
});

describe('an optimization whose workers die in its search', () => {
  const evolveInto = (results: string): readonly string[] => [
    ...['optimize', 'optimize.yaml', '--set', `results=${results}`, '--set', 'stages=[evolve]'],
  ];

  it('goes on with others as long as the search gets on', async () => {
    const finished = await project.run(
      evolveInto('evolving'),
      breaking(
        { during: 'measuring', run: 2, times: 1, does: 'exit' },
        { during: 'scoring', run: 1, times: 2, does: 'exit' },
        { during: 'training', run: 1, times: 1, does: 'exit' },
      ),
    );
    expect(finished.status).toBe(0);
    expect(losses(finished)).toBe(4);
    expect(project.searchIn('evolving').status).toBe('finished');
  });

  it('gives up after three in a row, as a search does, and says so once', async () => {
    const dies = breaking({ during: 'scoring', run: 1, times: 9, does: 'exit' });
    const finished = await project.run(evolveInto('given-up'), dies);
    expect(finished.status).toBe(1);
    expect(losses(finished)).toBe(2);
    expect(finished.notes.split('Stopped; ').length - 1).toBe(1);
    expect(project.failuresIn('given-up')).toEqual(Array(3).fill('DEVICE_WORKER_LOST'));
  });
});

describe('a pretraining whose worker dies', () => {
  it('goes on with another, to the same weights', async () => {
    const out = ['results=again', 'out.pipeline=again/pipeline', 'out.scorer=again/scorer'];
    const finished = await project.run(
      ['pretrain', 'pretrain.yaml', ...out.flatMap((setting) => ['--set', setting])],
      breaking({ during: 'training', run: 2, times: 1, does: 'exit' }),
    );
    expect(finished.status).toBe(0);
    expect(losses(finished)).toBe(1);
    const file = ['pipeline', 'unet', 'diffusion_pytorch_model.safetensors'];
    expect(readFileSync(project.path('again', ...file))).toEqual(readFileSync(project.path(...file)));
  });
});

describe('a search that faults in its workers stop', () => {
  const stops = [
    {
      // a heap that is full
      fault: { during: 'training', run: 1, times: 9, does: 'fill' },
      code: 'DEVICE_OUT_OF_MEMORY',
      status: 2,
      stored: ['DEVICE_OUT_OF_MEMORY'],
    },
    {
      // a session that is not created
      fault: { during: 'scoring', run: 0, times: 9, does: { say: 'the provider is gone' } },
      code: 'SESSION_FAILED',
      status: 2,
      stored: ['SESSION_FAILED'],
    },
    {
      // three workers that die in a row
      fault: { during: 'scoring', run: 1, times: 9, does: 'exit' },
      code: 'DEVICE_WORKER_LOST',
      status: 1,
      stored: Array<string>(3).fill('DEVICE_WORKER_LOST'),
    },
  ] as const satisfies readonly { readonly fault: WorkerFault; readonly [more: string]: unknown }[];

  async function expectStop(
    args: readonly string[],
    { fault, code, status, stored }: (typeof stops)[number],
  ): Promise<void> {
    const finished = await project.run(args, breaking(fault));
    const run = project.searchIn('stopped');
    expect(finished.status).toBe(status);
    expect(finished.notes).toContain(`error ${code}: `);
    expect(finished.notes).toContain(`npx snapevo resume ${run.id} --results stopped`);
    expect(run.status).toBe('failed');
    const [said, remedy] = run.statusNote.split('; hint: ');
    expect(said).toMatch(new RegExp(`^${code}: `));
    for (const part of said?.split(/ \(|\)$/) ?? []) expect(finished.notes).toContain(part);
    expect(finished.notes).toContain(remedy);
    expect(project.failuresIn('stopped').slice(-stored.length)).toEqual(stored);
  }

  it('says so each time, is resumed, and decides what one does that was left alone', async () => {
    project.copyLatencies('calm', 'stopped');
    const [first, ...others] = stops;
    await expectStop(searchInto('stopped'), first);
    for (const other of others) await expectStop(resumeIn('stopped'), other);
    expect(project.failuresIn('stopped')).toEqual(stops.flatMap(({ stored }) => stored));
    expect(await project.run(resumeIn('stopped'))).toMatchObject({ status: 0 });
    expect(project.decisionsIn('stopped')).toEqual(project.decisionsIn('calm'));
  });
});
