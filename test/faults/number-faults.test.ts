import { cpSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { newRun } from '../store/store-fixtures.js';
import { spoil } from '../support/spoil-weights.js';
import { backwardClock } from './preloaded.js';
import { resumeIn, searchInto, faultProject } from './fault-project.js';

const project = faultProject();

/** Resumes a search that numbers stopped; it stops again, and says why. */
async function expectStopAgain(results: string, error: RegExp): Promise<void> {
  const before = project.searchIn(results);
  const resumed = await project.run(resumeIn(results));
  expect(resumed.status).toBe(2);
  expect(resumed.notes).toMatch(error);
  expect(project.searchIn(results)).toMatchObject({ status: 'failed', statusNote: before.statusNote });
}

describe('a search whose loss is no number', () => {
  const error = /error TRAINING_DIVERGED: .*loss NaN[^]*hint: .*a run that is resumed comes to the same/;

  it('stops with a stored reason', async () => {
    cpSync(project.path('pipeline'), project.path('spoilt'), { recursive: true });
    // Of the VAE, pictures to train on go through the encoder, pictures to score by the decoder alone.
    const vae = project.path('spoilt', 'vae', 'diffusion_pytorch_model.safetensors');
    spoil(vae, 'encoder.conv_in.weight', 'notANumber');
    const { status, notes } = await project.run([...searchInto('diverged'), '--set', 'pipeline=spoilt']);
    expect(status).toBe(2);
    expect(notes).toMatch(error);
    expect(project.failuresIn('diverged')).toEqual(['TRAINING_DIVERGED']);
    expect(project.searchIn('diverged')).toMatchObject({
      status: 'failed',
      statusNote: expect.stringContaining('loss NaN') as string,
    });
  });

  it('says when it is resumed that it comes to the same', async () => {
    await expectStopAgain('diverged', error);
    expect(project.failuresIn('diverged')).toEqual(['TRAINING_DIVERGED', 'TRAINING_DIVERGED']);
  });
});

describe('a search whose scores are no numbers', () => {
  const error = /error SCORE_NOT_FINITE: .*found NaN[^]*hint: .*start a run with others/;

  it('stops with a stored reason, and no score', async () => {
    project.copyLatencies('diverged', 'unscored');
    cpSync(project.path('scorer'), project.path('judge'), { recursive: true });
    spoil(project.path('judge', 'model.safetensors'), 'text_projection.weight', 'infinity');
    const args = [...searchInto('unscored'), '--set', 'evaluation.scorer=judge'];
    const { status, notes } = await project.run(args);
    expect(status).toBe(2);
    expect(notes).toMatch(error);
    expect(project.failuresIn('unscored')).toEqual(['SCORE_NOT_FINITE']);
    expect(project.searchIn('unscored')).toMatchObject({
      status: 'failed',
      statusNote: expect.stringContaining('found NaN') as string,
    });
  });

  it('comes to the same when it is resumed, and is not gone on with by another scorer', async () => {
    await expectStopAgain('unscored', error);
    rmSync(project.path('judge'), { recursive: true });
    cpSync(project.path('scorer'), project.path('judge'), { recursive: true });
    const resumed = await project.run(resumeIn('unscored'));
    expect(resumed.status).toBe(2);
    expect(resumed.notes).toMatch(/error RUN_WORLD_CHANGED: scorer: expected/);
    expect(project.failuresIn('unscored')).toHaveLength(2);
  });
});

describe('a search whose clock goes back', () => {
  it('is finished, last heard of when it began, and the newest', async () => {
    project.copyLatencies('diverged', 'backward');
    const older = project.withStore('backward', (store) => store.createRun(newRun));
    const { status, notes } = await project.run(searchInto('backward'), backwardClock);
    expect(notes).toMatch(/^scoring original: (\d+)\/\1$/m);
    expect(status).toBe(0);
    const [newest] = project.withStore('backward', (store) => store.listRuns());
    expect(newest).toMatchObject({ kind: 'search', status: 'finished' });
    expect(newest?.createdAtMs).toBeLessThan(older.createdAtMs);
    expect(newest?.updatedAtMs).toBe(newest?.createdAtMs);
    const shown = await project.run(['show', '--results', 'backward']);
    expect(shown.output).toContain('last heard of under 1 s later');
    expect(shown.output).toContain(newest?.id);
  });
});
