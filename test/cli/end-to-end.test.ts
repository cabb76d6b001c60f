import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runBuiltCli, spawnCli, type Finished } from './built-cli.js';
import { TinyProject } from './tiny-project.js';

let project: string;
let tiny: TinyProject;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'snapevo-e2e-'));
  tiny = await TinyProject.make(project);
});

afterAll(() => {
  rmSync(project, { recursive: true });
});

/** The same search again, with the latencies of the first and nothing else of it, from start to end. */
async function searchAgain(from: string, to: string, seed: number): Promise<string> {
  tiny.copyLatencies(from, to);
  clean(
    await runBuiltCli(['search', 'search.yaml', '--set', `results=${to}`, '--set', `seed=${seed}`], project),
  );
  return tiny.searchesIn(to)[0] ?? '';
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setTimeout(20);
}

function clean({ status, notes }: Finished): void {
  expect(notes).not.toContain('error');
  expect(status).toBe(0);
}

describe('the built program', () => {
  it('says what it can do, and what it is', async () => {
    const help = await runBuiltCli(['--help'], project);
    expect(help).toMatchObject({ status: 0, notes: '' });
    for (const command of [
      'search',
      'resume',
      'list',
      'show',
      'plot',
      'generate',
      'evaluate',
      'export',
      'pretrain',
    ]) {
      expect(help.output).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
    expect((await runBuiltCli(['--version'], project)).output).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('answers wrong use with status 2 and a way out', async () => {
    const unknown = await runBuiltCli(['serch'], project);
    expect(unknown).toMatchObject({ status: 2, output: '' });
    expect(unknown.notes).toContain('Did you mean search?');
    const config = await runBuiltCli(['search', 'search.yaml', '--set', 'serch.seed=1', '--json'], project);
    expect(config.status).toBe(2);
    expect(JSON.parse(config.notes)).toMatchObject({
      error: {
        code: 'CONFIG_INVALID',
        problems: [{ code: 'CONFIG_UNKNOWN_KEY', where: '--set serch.seed=1' }],
      },
    });
    expect(await runBuiltCli(['search', 'nosuch.yaml'], project)).toMatchObject({ status: 2 });
  });

  it('prints a resolved configuration that it reads back to the same', async () => {
    const first = await runBuiltCli(['search', 'search.yaml', '--dry-run', '--set', 'seed=3'], project);
    expect(first.output).toContain('seed: 3\n');
    expect(first.output).toContain(`pipeline: ${join(project, 'pipeline')}\n`);
    writeFileSync(join(project, 'resolved.yaml'), first.output);
    const second = await runBuiltCli(['search', 'resolved.yaml', '--dry-run'], project);
    expect(second.output).toBe(first.output);
  });
});

/** What the store has of each of a run's checkpoints, and what is true of the file. */
function checkpointsOf(runId: string): readonly (readonly [unknown, unknown])[] {
  const rows = tiny.withStore('results', (store) => store.readCheckpoints(runId));
  return rows.map(({ file, sha256, sizeBytes }) => {
    const bytes = readFileSync(join(project, 'results', runId, file));
    const found = { sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length };
    return [{ sha256, sizeBytes }, found];
  });
}

describe('a pretraining', () => {
  it('records the checkpoint of each of its stages', async () => {
    const [id = ''] = tiny.withStore('results', (store) =>
      store.listRuns({ kind: 'pretrain' }).map((run) => run.id),
    );
    expect(checkpointsOf(id)).toHaveLength(5);
    for (const [recorded, found] of checkpointsOf(id)) expect(recorded).toEqual(found);
    const { output } = await runBuiltCli(['show', id], project);
    expect(output).toMatch(/^unet\.safetensors +4 +\d/m);
  });
});

/** A search's latencies, as `show --json` has them. */
interface ImageReport {
  readonly scope: string;
  readonly budgetMs: number;
  readonly original: { readonly hash: string; readonly measuredLatencyMs: { readonly value: number } };
  readonly latency: {
    readonly images: {
      readonly cost: {
        readonly steps: number;
        readonly textEncoderRuns: number;
        readonly textEncoderMs: { readonly value: number };
        readonly decoderMs: { readonly value: number };
      };
      readonly pictures: readonly {
        readonly role: string;
        readonly measuredMs: { readonly value: number };
      }[];
    };
    readonly networks: { readonly count: number };
  };
}

describe('a search by the time of whole images', () => {
  const measured = (method: 'isolated' | 'end-to-end', subject: RegExp): number => {
    const [id = ''] = tiny.searchesIn('pictures');
    const entries = tiny.withStore('pictures', (store) => store.readRunLatencies(id, { method }));
    return entries.find((entry) => subject.test(entry.subject))?.medianMs.value ?? Number.NaN;
  };

  it('is refused another scope', async () => {
    const wrong = await runBuiltCli(['search', 'search.yaml', '--set', 'search.scope=picture'], project);
    expect(wrong.status).toBe(2);
    expect(wrong.notes).toContain('search.scope: expected step or image, found "picture"');
  });

  it('keeps its scope when it is resumed, and adds up what it measured', async () => {
    const settings = ['results=pictures', 'search.scope=image', 'evaluation.steps=3'];
    const args = ['search', 'search.yaml', ...settings.flatMap((setting) => ['--set', setting])];
    const { process: child, finished, noted } = spawnCli(args, project);
    await noted(/robust training: 0/);
    child.kill('SIGINT');
    expect((await finished).status).toBe(130);
    const resumed = await runBuiltCli(['resume', '--results', 'pictures'], project);
    clean(resumed);
    expect(resumed.notes).toMatch(/^round 2: .* ms an image, CLIP /m);
    expect(resumed.output).toMatch(/^latency ms an image .*\[.*\]/m);
    const shown = await runBuiltCli(['show', '--results', 'pictures', '--json'], project);
    const { scope, budgetMs, original, latency } = JSON.parse(shown.output) as ImageReport;
    const { cost, pictures } = latency.images;
    const [stepMs, textEncoderMs, decoderMs] = [
      measured('end-to-end', new RegExp(`^${original.hash}$`)),
      measured('isolated', /^text encoder/),
      measured('isolated', /^decoder/),
    ];
    expect(scope).toBe('image');
    expect(cost).toMatchObject({ steps: 3, textEncoderRuns: 2 });
    expect([cost.textEncoderMs.value, cost.decoderMs.value]).toEqual([textEncoderMs, decoderMs]);
    const sumMs = 2 * textEncoderMs + 3 * stepMs + decoderMs;
    expect(original.measuredLatencyMs.value).toBeCloseTo(sumMs, 6);
    expect(budgetMs).toBeCloseTo(0.7 * original.measuredLatencyMs.value, 6);
    expect(pictures.map(({ role }) => role)).toEqual(['original', 'final']);
    expect(pictures.map(({ measuredMs }) => measuredMs.value)).toEqual(
      expect.arrayContaining([measured('end-to-end', /^picture /)]),
    );
  });

  it('says what an image is made of, and how far the sum is from pictures that were made', async () => {
    const { output } = await runBuiltCli(['show', '--results', 'pictures'], project);
    expect(output).toMatch(/^ {2}budget +\S+ ms an image$/m);
    expect(output).toMatch(
      /an image is 3 steps of the UNet, 2 x \S+ ms of the text encoder and \S+ ms of the/,
    );
    expect(output).toMatch(
      /an image of the final network took .* through the pipeline, \S+% (more|less) than/,
    );
    const [id = ''] = tiny.searchesIn('pictures');
    clean(await runBuiltCli(['plot', id, '--results', 'pictures', '--out', 'pictures.json'], project));
    const plotted: unknown = JSON.parse(readFileSync(join(project, 'pictures.json'), 'utf8'));
    expect(plotted).toMatchObject({ scope: 'image' });
  });
});

describe('a search', () => {
  it('makes images, figures and plots before and after', async () => {
    clean(
      await runBuiltCli(
        ['generate', 'pipeline', '--prompt', 'red square', '--steps', '2', '--out', 'a.png'],
        project,
      ),
    );
    expect(readFileSync(join(project, 'a.png')).subarray(1, 4).toString()).toBe('PNG');
    clean(await runBuiltCli(['search', 'search.yaml'], project));
    const [id = ''] = tiny.searchesIn('results');
    expect(checkpointsOf(id)).toHaveLength(1);
    for (const [recorded, found] of checkpointsOf(id)) expect(recorded).toEqual(found);
    expect(readdirSync(join(project, 'results', id, 'checkpoints'))).toHaveLength(1);
    const shown = await runBuiltCli(['show', id, '--all'], project);
    clean(shown);
    expect(shown.output).toMatch(/latency ms .*\[.*\]/);
    clean(await runBuiltCli(['plot', id, '--out', 'frontier.svg'], project));
    expect(readFileSync(join(project, 'frontier.svg'), 'utf8')).toContain('<svg');
    clean(
      await runBuiltCli(
        [
          'generate',
          id,
          '--prompt',
          'red square',
          '--prompt',
          'blue square',
          '--steps',
          '2',
          '--out',
          'b.png',
        ],
        project,
      ),
    );
  });

  it('is measured like a folder, and the figures are kept where there is room for them', async () => {
    const [id = ''] = tiny.searchesIn('results');
    const settings = ['--scorer', 'scorer', '--prompts', 'captions.txt', '--count', '4', '--steps', '2'];
    const own = ['--pictures', 'pictures', '--scorer', 'scorer'];
    const measured = await runBuiltCli(['evaluate', ...settings, ...own, id, '--json'], project);
    clean(measured);
    const { scorers } = JSON.parse(measured.output) as { scorers: { clipScore: { value: number } }[] };
    const [run] = tiny.withStore('results', (store) => store.listRuns({ kind: 'evaluate' }));
    expect(run).toMatchObject({ status: 'finished', config: { model: id, count: 4, seed: 0 } });
    const [checkpoint] = tiny.withStore('results', (store) => store.readCheckpoints(id));
    expect(run?.inputs['weights']).toBe(checkpoint?.sha256);
    expect(measured.notes).toContain(`run ${run?.id ?? ''}`);
    expect(scorers).toHaveLength(2);
    expect(tiny.withStore('results', (store) => store.readMetrics(run?.id ?? ''))).toMatchObject({
      clipScore: scorers[0]?.clipScore.value,
    });
    const shown = await runBuiltCli(['show', run?.id ?? ''], project);
    expect(shown.output).toMatch(/Settings\n {2}model +\S+\n[\s\S]*Figures\n {2}clipScore +\S+ \[.*\]$/m);
    const lost = await runBuiltCli(
      ['evaluate', 'pipeline', ...settings, '--results', 'captions.txt/no'],
      project,
    );
    expect(lost.status).toBe(0);
    expect(lost.output).toContain('CLIP score');
    expect(lost.notes).toContain('The figures are not stored in captions.txt/no: expected a folder');
  });

  it('is exported, and the same pictures come of the folder', async () => {
    const [id = ''] = tiny.searchesIn('results');
    const asked = ['--prompt', 'red square', '--steps', '2', '--out'];
    clean(await runBuiltCli(['export', id, '--out', 'best'], project));
    clean(await runBuiltCli(['generate', id, ...asked, 'of-run.png'], project));
    clean(await runBuiltCli(['generate', 'best', ...asked, 'of-folder.png'], project));
    const [ofRun, ofFolder] = ['of-run.png', 'of-folder.png'].map((name) =>
      readFileSync(join(project, name), 'base64'),
    );
    expect(ofFolder).toBe(ofRun);
  });

  it('killed in measuring, training and scoring, then resumed, decides what one does that was not killed', async () => {
    const args = ['search', 'search.yaml', '--set', 'results=fresh', '--set', 'seed=5'];
    const resume = ['resume', '--results', 'fresh'];
    const killedIn: string[] = [];
    const search: { isOver: boolean } = { isOver: false };
    for (const phase of ['measuring-blocks', 'training', 'scoring-candidates', 'measuring-', 'fine-tuning']) {
      const { process: child, finished } = spawnCli(killedIn.length === 0 ? args : resume, project);
      const ended = finished.then(() => {
        search.isOver = true;
      });
      // a short phase may be over before it is looked at, and the last of the search with it
      await until(() => search.isOver || tiny.phaseIn('fresh').startsWith(phase));
      if (search.isOver) break;
      child.kill('SIGKILL');
      expect((await finished).signal).toBe('SIGKILL');
      await ended;
      search.isOver = false;
      killedIn.push(tiny.phaseIn('fresh'));
    }
    for (const work of ['measuring', 'training', 'scoring']) expect(killedIn.join(' ')).toContain(work);
    expect(killedIn[0]).toBe('measuring-blocks');
    if (!search.isOver) clean(await runBuiltCli(resume, project));
    clean(await runBuiltCli(['verify', '--results', 'fresh'], project));
    const [killed = ''] = tiny.searchesIn('fresh');
    const whole = await searchAgain('fresh', 'whole', 5);
    expect(tiny.decisionsOf('fresh', killed)).toEqual(tiny.decisionsOf('whole', whole));
  });

  it('interrupted once stops cleanly, says how to go on, and goes on', async () => {
    const {
      process: child,
      finished,
      noted,
    } = spawnCli(['search', 'search.yaml', '--set', 'seed=9'], project);
    await noted(/robust training: 0/);
    child.kill('SIGSTOP');
    const second = await runBuiltCli(['resume'], project);
    expect(second.notes).toContain(
      `held by process ${child.pid} (snapevo search search.yaml --set seed=9) on`,
    );
    child.kill('SIGCONT');
    child.kill('SIGINT');
    const { status, notes } = await finished;
    expect(status).toBe(130);
    const [id = ''] = tiny.searchesIn('results');
    expect(notes).toContain(`snapevo resume ${id}`);
    expect(tiny.statusOf('results', id)).toBe('interrupted');
    appendFileSync(join(project, 'pipeline', 'model_index.json'), '\n');
    const refused = await runBuiltCli(['resume'], project);
    expect(refused).toMatchObject({
      status: 2,
      notes: expect.stringContaining('RUN_WORLD_CHANGED') as string,
    });
    expect(tiny.statusOf('results', id)).toBe('interrupted');
    clean(await runBuiltCli(['resume', '--force'], project));
    clean(await runBuiltCli(['verify', id], project));
    expect(tiny.statusOf('results', id)).toBe('finished');
    const whole = await searchAgain('results', 'uninterrupted', 9);
    expect(tiny.decisionsOf('results', id)).toEqual(tiny.decisionsOf('uninterrupted', whole));
  });
});
