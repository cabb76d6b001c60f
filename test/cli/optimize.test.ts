import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseSchedulerConfig } from '../../src/diffusion/scheduler-config.js';
import { loadPipeline } from '../../src/model/pipeline-folder.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runBuiltCli, spawnCli, type Finished } from './built-cli.js';
import { TinyProject } from './tiny-project.js';

const root = temporaryFolder();
let project: TinyProject;

beforeAll(async () => {
  project = await TinyProject.make(join(root, 'tiny'));
});

const into = (results: string, ...settings: readonly string[]): readonly string[] =>
  [`results=${results}`, ...settings].flatMap((setting) => ['--set', setting]);

function done({ status, signal, notes }: Finished): void {
  if (status !== 0) throw new Error(`ended with ${String(status ?? signal)}: ${notes}`);
}

/** The only optimization of a results folder. */
function optimizationIn(results: string): string {
  const [id = '', ...others] = project.withStore(results, (store) =>
    store.listRuns({ kind: 'optimize' }).map((run) => run.id),
  );
  expect(others).toEqual([]);
  return id;
}

const modelIn = (results: string): string => join(project.folder, results, optimizationIn(results), 'model');

interface ComparisonFile {
  readonly costs: readonly { readonly model: string }[];
  readonly points: readonly unknown[];
}

const comparisonIn = (results: string): ComparisonFile =>
  JSON.parse(
    readFileSync(join(modelIn(results), '..', 'comparison', 'comparison.json'), 'utf8'),
  ) as ComparisonFile;

/** Of what an optimization made. */
const hashesIn = (results: string): readonly string[] =>
  ['unet/diffusion_pytorch_model.safetensors', 'vae/diffusion_pytorch_model.safetensors'].map((file) =>
    createHash('sha256')
      .update(readFileSync(join(modelIn(results), file)))
      .digest('hex'),
  );

/** A copy of the pipeline whose UNet is said to be another's. */
function copyWithOtherUNet(name: string): void {
  const folder = join(project.folder, name);
  cpSync(join(project.folder, 'pipeline'), folder, { recursive: true });
  const file = join(folder, 'unet', 'config.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"act_fn": "silu"', '"act_fn": "gelu"'));
}

describe('an optimization', () => {
  it('evolves, compresses and distils, and comes to the same bits when it is killed in each stage', async () => {
    mkdirSync(join(project.folder, 'killed'));
    const moments = [
      /robust training: 0\/2/,
      /decoder: 4\/4/,
      /student-velocity: 2\/2/,
      /original-4: 4\/4/,
      /student-4: 2\/4/,
      /student-2: 2\/4/,
      /CLIP and CMMD by guidance scale: \d/,
    ];
    for (const [index, moment] of moments.entries()) {
      // of the search, before the comparison measures some of them again
      if (index === moments.length - 1) project.copyLatencies('killed', 'whole');
      const args =
        index === 0 ? ['optimize', 'optimize.yaml', ...into('killed')] : ['resume', '--results', 'killed'];
      const { process: child, finished, noted } = spawnCli(args, project.folder);
      await noted(moment);
      child.kill('SIGKILL');
      await finished;
    }
    done(await runBuiltCli(['resume', '--results', 'killed'], project.folder));
    expect(project.statusOf('killed', optimizationIn('killed'))).toBe('finished');
    done(await runBuiltCli(['optimize', 'optimize.yaml', ...into('whole')], project.folder));
    expect(hashesIn('killed')).toEqual(hashesIn('whole'));

    const model = loadPipeline(modelIn('whole'));
    const original = loadPipeline(join(project.folder, 'pipeline'));
    expect(model.vae.config.decoder).not.toEqual(original.vae.config.decoder);
    const scheduler = parseSchedulerConfig(
      readFileSync(join(modelIn('whole'), 'scheduler', 'scheduler_config.json'), 'utf8'),
    );
    expect(scheduler).toMatchObject({ distilledSteps: 2, predictionType: 'v_prediction' });
    const once = into('again', 'stages=[compare]', `evolved=${modelIn('whole')}`);
    done(await runBuiltCli(['optimize', 'optimize.yaml', ...once], project.folder));
    for (const results of ['killed', 'again']) {
      const report = comparisonIn(results);
      const models = ['original, 4 steps', 'original, 2 steps', 'optimized, 2 steps'];
      expect(report.costs.map(({ model: name }) => name)).toEqual(models);
      expect(report.points).toHaveLength(2 * models.length);
    }
    const { output } = await runBuiltCli(['verify', '--results', 'killed'], project.folder);
    expect(output).toContain('whole');
    const made = await runBuiltCli(
      ['generate', '--prompt', 'red square', '--out', 'red.png', '--results', 'killed', '--json'],
      project.folder,
    );
    expect(JSON.parse(made.output)).toMatchObject({ model: optimizationIn('killed'), steps: 2 });
  });

  it.each([
    ['optimize', 'DECODER_PRUNE_RATIO', ['decoder.ratio=0.3']],
    [
      'distill',
      'DIFFUSION_BAD_STEPS',
      ['distillation.studentSteps=250', 'distillation.schedule=progressive'],
    ],
    ['optimize', 'CAPTIONS_TOO_FEW', ['comparison.captionCount=7']],
    ['optimize', 'EVOLVED_UNFIT', ['evolved=other']],
  ])(
    '%s refuses before anything is begun what a later stage could not do: %s',
    async (command, code, set) => {
      copyWithOtherUNet('other');
      const { status, output, notes } = await runBuiltCli(
        [command, 'optimize.yaml', ...into('none', ...set)],
        project.folder,
      );
      expect({ status, output }).toEqual({ status: 2, output: '' });
      expect(notes).toContain(`error ${code}`);
      expect(existsSync(join(project.folder, 'none'))).toBe(false);
    },
  );

  it('tells once of what fails in its search, and how to go on with the whole', async () => {
    const unfit = join(project.folder, 'unfit');
    cpSync(join(project.folder, 'scorer'), unfit, { recursive: true });
    const preprocessing = join(unfit, 'preprocessor_config.json');
    const config = JSON.parse(readFileSync(preprocessing, 'utf8')) as object;
    // pictures of another size than the model's, which scoring alone finds out
    writeFileSync(preprocessing, JSON.stringify({ ...config, do_center_crop: true, crop_size: 3 }));
    const { status, output, notes } = await runBuiltCli(
      ['optimize', 'optimize.yaml', '--json', ...into('failing', 'evaluation.scorer=unfit')],
      project.folder,
    );
    const optimization = optimizationIn('failing');
    const search = project.searchIn('failing');
    expect([status, project.statusOf('failing', optimization), search.status]).toEqual([
      2,
      'failed',
      'failed',
    ]);
    expect(notes.match(/Stopped; what was done is stored/g)).toHaveLength(1);
    expect(notes).toContain(`npx snapevo resume ${optimization} `);
    const told = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly type: string; readonly run: string });
    const ofRuns = told.filter(({ type }) => ['run', 'stage', 'failed'].includes(type));
    expect(ofRuns).toMatchObject([
      { type: 'run', run: optimization, kind: 'optimize' },
      { type: 'stage', run: optimization, stage: 'evolve' },
      { type: 'run', run: search.id, kind: 'search', partOf: optimization },
      { type: 'failed', run: optimization },
    ]);
  });

  it('says in the end that its search missed the budget, and to programs', async () => {
    const settings = ['stages=[evolve]', 'search.budget={ratioOfOriginal: 0.01}', 'search.finetuneSteps=0'];
    const missed = await runBuiltCli(
      ['optimize', 'optimize.yaml', ...into('missed', ...settings)],
      project.folder,
    );
    done(missed);
    const told = missed.output.trimEnd().split('\n').slice(-3);
    expect(told[0]).toMatch(/^warning: the budget of \S+ ms a step was missed/);
    expect(told[2]).toContain('has the whole story');
    const json = into('json', ...settings);
    project.copyLatencies('missed', 'json');
    const { output } = await runBuiltCli(['optimize', 'optimize.yaml', '--json', ...json], project.folder);
    expect(JSON.parse(output.trim().split('\n').at(-1) ?? '')).toMatchObject({
      ...{ type: 'summary', run: optimizationIn('json') },
      warnings: [{ warning: 'budget-missed' }],
    });
  });

  it.each([
    ['compress-decoder', ['decoder']],
    ['distill', ['steps']],
  ] as const)('of one stage: %s', async (command, stages) => {
    const settings = into(command, 'evaluation.scorer=no-scorer', 'search.captionCount=1000');
    done(await runBuiltCli([command, 'optimize.yaml', ...settings], project.folder));
    const state = project.withStore(command, (store) => store.readState(optimizationIn(command))?.state);
    expect(state).toEqual({ search: null, done: stages });
    const [pipeline, model] = [join(project.folder, 'pipeline'), modelIn(command)].map((folder) =>
      loadPipeline(folder),
    );
    const same = (of: 'unet' | 'vae'): boolean =>
      [...(pipeline?.[of].weights ?? [])].every(([name, data]) => {
        const other = model?.[of].weights.get(name);
        return (
          other !== undefined &&
          Buffer.from(data.buffer, data.byteOffset, data.byteLength).equals(
            Buffer.from(other.buffer, other.byteOffset, other.byteLength),
          )
        );
      });
    expect({ unet: same('unet'), vae: same('vae') }).toEqual({
      unet: command !== 'distill',
      vae: command === 'distill',
    });
    const made = command === 'distill' ? join('distilled', 'unet') : 'vae';
    for (const part of [made, join('model', 'vae')]) {
      const file = join(modelIn(command), '..', part, 'diffusion_pytorch_model.safetensors');
      const whole = readFileSync(file);
      writeFileSync(file, whole.subarray(1));
      const { status, output } = await runBuiltCli(['verify', '--results', command], project.folder);
      expect({ status, output }).toEqual({ status: 1, output: expect.stringContaining(file) as string });
      writeFileSync(file, whole);
    }
    expect(await runBuiltCli(['verify', '--results', command], project.folder)).toMatchObject({ status: 0 });
  });
});
