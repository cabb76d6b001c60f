import Database from 'better-sqlite3';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { begunBy } from '../../src/cli/optimize-run/begun-by.js';
import type { OptimizationReport } from '../../src/cli/views/optimization-report.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { SqliteStore } from '../../src/store/sqlite-store.js';
import { newRun } from '../store/store-fixtures.js';
import { comparedPoints } from './comparison/compared.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { recordCli } from './recorded-cli.js';
import { minuteClock, storeRuns } from './stored-runs.js';
import { storeOptimization } from './stored-optimization.js';

const root = temporaryFolder();
let made = 0;

/** A folder of its own for each test. */
const newProject = (): string => join(root, String((made += 1)));

/** Lines of an output by what they begin with. */
function linesOf(output: string): (start: string) => string | undefined {
  const lines = output.split('\n').map((line) => line.trim().replaceAll(/ {2,}/g, '  '));
  return (start) => lines.find((line) => line.startsWith(`${start}  `));
}

describe('show of an optimization', () => {
  it('tells its stages, where things are, and what came of it', async () => {
    const project = newProject();
    const { optimization, search } = storeOptimization(join(project, 'results'));
    const { status, output } = await recordCli(['show', optimization], project);
    expect(status).toBe(0);
    const line = linesOf(output);
    expect(output.split('\n')[0]).toBe(`${optimization} (optimize)`);
    expect(line('status')).toBe('status  finished');
    expect(line('search')).toBe(`search  ${search}`);
    expect(line('model')).toBe(`model  results/${optimization}/model`);
    expect(line('comparison')).toBe(`comparison  results/${optimization}/comparison`);
    expect(line('evolve')).toBe('evolve  done  6 min');
    expect(line('decoder')).toMatch(/^decoder {2}done {2}\d min, with 1 interruption$/);
    expect(line('models')).toBe('models  original, 50 steps -> student, 8 steps');
    expect(line('whole picture')).toBe(
      'whole picture  11449 [11449, 11449] -> 1879 [1879, 1879] ms, 6.09 [6.09, 6.09] times faster',
    );
    expect(line('CLIP at guidance 7.5')).toBe(
      'CLIP at guidance 7.5  0.3000 [0.2900, 0.3100] -> 0.2800 [0.2700, 0.2900], by -0.0200 [-0.0250, -0.0150]',
    );
    expect(line('CMMD at guidance 7.5')).toBe('CMMD at guidance 7.5  1.500 -> 2.000');
    expect(line('UNet')).toBe('UNet  860 -> 860 M parameters');
    expect(output).toMatch(
      /decoder +0.423 -> 0.107 M parameters, 5.50 \[.*\] -> 3.10 \[.*\] ms in the stage decoder\n/,
    );
    expect(line('decoder, PSNR')).toBe(
      'decoder, PSNR  26.3 [23.7, 28.9] dB between their pictures of held-out latents',
    );
    expect(line('before training')).toBe('before training  11.3 [10.2, 12.4] dB');
    expect(line('from scratch')).toBe('from scratch  21.7 [19.5, 23.9] dB');
    // all of the comparison follows
    expect(output).toContain('\nMeasured in the stage compare\n\n');
    expect(output).toContain('sum of the parts, ms');
  });

  it('gives the same to programs', async () => {
    const project = newProject();
    const { optimization, search, folder } = storeOptimization(join(project, 'results'));
    const { output } = await recordCli(['show', optimization, '--json'], project);
    const report = JSON.parse(output) as OptimizationReport;
    expect(report).toMatchObject({
      ...{ search, model: join(folder, 'model'), comparisonFolder: join(folder, 'comparison') },
      headline: { models: { before: 'original, 50 steps' }, quality: { guidanceScale: 7.5 } },
      decoder: { small: { parameters: 107_191 }, psnrDb: { distilled: { value: 26.3 } } },
      comparison: { speedUps: [{ model: 'student, 8 steps' }] },
    });
    const [evolve] = report.stages;
    expect((evolve?.doneAtMs ?? 0) - (evolve?.begunAtMs ?? 0)).toBe(6 * 60_000);
    expect(report.stages.map(({ stage, state, tries }) => [stage, state, tries])).toEqual([
      ['evolve', 'done', 1],
      ['decoder', 'done', 2],
      ['steps', 'done', 1],
      ['compare', 'done', 1],
    ]);
  });

  it('tells of an unfinished one what there is', async () => {
    const project = newProject();
    const { optimization } = storeOptimization(join(project, 'results'), 'evolve');
    const { output } = await recordCli(['show', optimization], project);
    const line = linesOf(output);
    expect(line('evolve')).toContain('done');
    expect(line('decoder')).toMatch(/^decoder {2}interrupted {2}\d min$/);
    expect(line('steps')).toBe('steps  to do  -');
    for (const absent of ['model', 'comparison', 'whole picture']) expect(line(absent)).toBeUndefined();
  });

  it('warns of what is not as it was wanted, at the end', async () => {
    const project = newProject();
    const clipChange = { value: -0.1, low: -0.11, high: -0.09 };
    const points = comparedPoints.map((point) =>
      point.clipChange === null ? point : { ...point, clipChange },
    );
    const outcome = { budgetMs: 8, points };
    const { optimization, search } = storeOptimization(join(project, 'results'), 'compare', outcome);
    const lines = (await recordCli(['show', optimization], project)).output.trimEnd().split('\n');
    expect(lines.slice(-3)).toEqual([
      '',
      expect.stringMatching(/^warning: the budget of 8\.00 ms a step was missed/),
      expect.stringMatching(/^warning: pictures are far worse than the original's: .* -0\.1000 /),
    ]);
    const { output } = await recordCli(['show', search], project);
    expect(output).toMatch(/\n\nwarning: the budget of 8\.00 ms a step was missed.*\n$/);
    const shown = await recordCli(['show', optimization, '--json'], project);
    const { warnings } = JSON.parse(shown.output) as OptimizationReport;
    expect(warnings.map(({ warning }) => warning)).toEqual(['budget-missed', 'far-worse']);
  });

  it('does without a comparison.json that is gone', async () => {
    const project = newProject();
    const { optimization, folder } = storeOptimization(join(project, 'results'));
    rmSync(join(folder, 'comparison', 'comparison.json'));
    const { status, output } = await recordCli(['show', optimization], project);
    expect(status).toBe(0);
    expect(output).toMatch(/comparison \(without its comparison\.json\)\n/);
    expect(output).toMatch(/7\.5 +student, 8 steps +0\.2800/);
    expect(output).not.toContain('times faster');
  });

  it('is what is shown where nothing is named, and its search says whose part it is', async () => {
    const project = newProject();
    const { optimization, search } = storeOptimization(join(project, 'results'), 'evolve');
    expect((await recordCli(['show'], project)).output).toContain(`${optimization} (optimize)`);
    const named = await recordCli(['show', search], project);
    expect(linesOf(named.output)('part of')).toBe(`part of  ${optimization} (optimize)`);
    const { status, notes } = await recordCli(['show', optimization, '--round', '1'], project);
    expect(status).toBe(2);
    expect(notes).toContain(`Its search does: name ${search}`);
  });
});

describe('a model of an optimization that is not finished', () => {
  it('is refused, with what to do and what there is meanwhile', async () => {
    const project = newProject();
    const { optimization, search } = storeOptimization(join(project, 'elsewhere'), 'evolve');
    const args = ['export', optimization, '--out', 'exported', '--results', 'elsewhere'];
    const { status, notes } = await recordCli(args, project);
    expect(status).toBe(2);
    expect(notes).toContain(
      `hint: \`npx snapevo resume ${optimization} --results elsewhere\` goes on with it; meanwhile its search can be named, ${search}.`,
    );
  });
});

describe('list', () => {
  it('says at which stage an optimization is, and of which a search is a part', async () => {
    const project = newProject();
    storeOptimization(join(project, 'results'), 'evolve');
    const lines = (await recordCli(['list'], project)).output.split('\n');
    expect(lines[0]).toMatch(/^run +kind +status +stage /);
    expect(lines[1]).toMatch(/ search +finished +evolve of 3f2a /);
    expect(lines[2]).toMatch(/ optimize +interrupted +decoder, 2 of 4 .* - +- +- +- +-$/);
  });

  it('counts in the span of an optimization what its search has stored', async () => {
    const project = newProject();
    const { search } = storeOptimization(join(project, 'results'), 'evolve');
    const nowMs = (): number => Date.UTC(2026, 10, 23, 7, 26);
    const store = new SqliteStore(join(project, 'results', 'snapevo.db'), { nowMs, drawSuffix: () => 1 });
    store.lockRun(search);
    store.putMetrics(search, {});
    store.close();
    const lines = (await recordCli(['list'], project)).output.split('\n');
    expect(lines[2]).toMatch(/ optimize .* 3 h /);
  });

  it('says what a finished one came to', async () => {
    const project = newProject();
    storeOptimization(join(project, 'results'));
    const lines = (await recordCli(['list'], project)).output.split('\n');
    expect(lines[2]).toMatch(
      / optimize +finished +all 4 done .* - +11449 -> 1879 +- +image +0.3000 -> 0.2800$/,
    );
  });

  it('has no column for stages where nothing has any', async () => {
    const project = newProject();
    storeRuns(join(project, 'results'));
    expect((await recordCli(['list'], project)).output).not.toContain('stage');
  });
});

describe('plot of an optimization', () => {
  it.each([[true], [false]])('is the frontier of its search, named: %s', async (isNamed) => {
    const project = newProject();
    const { optimization, search } = storeOptimization(join(project, 'results'));
    const args = ['plot', ...(isNamed ? [optimization] : []), '--out', 'plot.csv'];
    const { status, output } = await recordCli(args, project);
    expect([status, output]).toEqual([
      0,
      `Wrote plot.csv, the frontier of run ${search}, the search of ${optimization}.\n` +
        `CLIP and CMMD over the guidance scale are in results/${optimization}/comparison/guidance.png.\n`,
    ]);
  });

  it('is that of its own trainings where losses are asked for', async () => {
    const project = newProject();
    const { optimization, folder } = storeOptimization(join(project, 'results'));
    const { output } = await recordCli(['plot', '--losses', '--json', '--out', 'losses.csv'], project);
    expect(JSON.parse(output)).toEqual({
      ...{ run: optimization, what: 'losses', out: 'losses.csv', optimization },
      guidance: join(folder, 'comparison', 'guidance.png'),
    });
  });
});

describe('plot of the losses of an optimization that has trained nothing yet', () => {
  it('names its search, which has', async () => {
    const project = newProject();
    const { optimization, search } = storeOptimization(join(project, 'results'), 'evolve');
    const plot = (): ReturnType<typeof recordCli> => recordCli(['plot', optimization, '--losses'], project);
    expect((await plot()).notes).toMatch(/error PLOT_EMPTY: .*[^]* hint: Let the run go on a while/);
    const dependencies = { nowMs: minuteClock(), drawSuffix: () => 1 };
    const store = new SqliteStore(join(project, 'results', 'snapevo.db'), dependencies);
    store.lockRun(search);
    store.appendLosses(search, [{ phase: 'robust', step: 1, loss: 1, learningRate: 1, extras: {} }]);
    store.close();
    expect(await plot()).toMatchObject({
      status: 2,
      notes: expect.stringContaining(`hint: Its search has some: name ${search}.`) as string,
    });
  });
});

describe('an optimization that cannot be read', () => {
  const stored = (): MemoryStore => new MemoryStore({ nowMs: minuteClock(), drawSuffix: () => 7 });

  it('is no hindrance to what others began', () => {
    const store = stored();
    const whole = store.createRun({ ...newRun, kind: 'optimize' });
    store.lockRun(whole.id);
    const part = store.createPart(newRun, whole.id, (id) => ({ event: {}, state: { search: id, done: [] } }));
    const unreadable = store.createRun({ ...newRun, kind: 'optimize' });
    store.lockRun(unreadable.id);
    store.appendEvent(unreadable.id, { event: {}, state: { from: 'another version' } });
    expect(begunBy(store, part)?.id).toBe(whole.id);
  });

  it.each([
    ['state', 'states', 'state', 'run_id'],
    ['record', 'runs', 'name', 'id'],
  ])('nor where its %s is damaged', async (_, table, column, key) => {
    const project = newProject();
    const { optimization, search } = storeOptimization(join(project, 'results'), 'evolve');
    const database = new Database(join(project, 'results', 'snapevo.db'));
    database.prepare(`UPDATE ${table} SET ${column} = ${column} || ' ' WHERE ${key} = ?`).run(optimization);
    database.close();
    const { status, output } = await recordCli(['show', search], project);
    expect(status).toBe(0);
    expect(output).not.toContain('part of');
  });
});
