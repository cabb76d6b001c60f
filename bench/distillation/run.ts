// Which schedule and which loss make the better student in few steps, at equal training: `npm run bench:distillation`. See bench/README.md.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openClip, openPipeline, PRETRAINED } from '../../src/cli/compose/open-pipeline.js';
import { hasStore, withStore } from '../../src/cli/compose/open-store.js';
import { searchCaptions } from '../../src/cli/compose/scoring-captions.js';
import { withDevice } from '../../src/cli/compose/with-device.js';
import { loadConfig } from '../../src/config/load-config.js';
import { optimizeConfigSchema } from '../../src/config/optimize-config.js';
import { embedMadePictures } from '../../src/evaluation/made-pictures.js';
import { cosines } from '../../src/evaluation/cosine.js';
import { loadPipeline } from '../../src/model/pipeline-folder.js';
import { parseDevice } from '../../src/runtime/device.js';
import { findings, losses, schedules, type Student } from './cells.js';

const { values: options } = parseArgs({
  options: {
    evolved: { type: 'string' },
    config: { type: 'string', default: 'configs/emoji-full.yaml' },
    results: { type: 'string', default: 'results/distillation' },
    seeds: { type: 'string', default: '2' },
    captions: { type: 'string', default: '256' },
    set: { type: 'string', multiple: true, default: [] },
    out: { type: 'string', default: 'results/bench-distillation.json' },
  },
});
const config = loadConfig(optimizeConfigSchema, resolve(options.config), {
  settings: options.set,
  currentFolder: resolve('.'),
});
const captions = searchCaptions(config.evaluation, Number(options.captions));
/** Of the noise that pictures begin with: the same for all, and none that an optimization compares by. */
const noiseSeed = 1_000;

type Kind = Omit<Student, 'scores'>;

/** The model that an optimization of the evolved network's steps alone came to, unless it is there already. */
async function modelOf({ schedule, loss, seed }: Kind): Promise<string> {
  const name = `${schedule}-${loss}-${seed}`;
  const results = join(resolve(options.results), name);
  const known = await finished(results);
  if (known !== undefined) return known;
  const settings = [
    ...[`results=${results}`, `name=${name}`, `seed=${seed}`, 'stages=[steps, compare]'],
    ...[`distillation.schedule=${schedule}`, `distillation.loss=${loss}`],
    ...['comparison.guidanceScales=[3]', 'comparison.sheetPrompts=0'],
    ...(options.evolved === undefined ? [] : [`evolved=${resolve(options.evolved)}`]),
    ...options.set,
  ].flatMap((each) => ['--set', each]);
  const command = ['tsx', 'src/cli/main.ts', 'optimize', options.config, ...settings];
  const { status } = spawnSync('npx', command, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`the optimization ended with ${status ?? 'a signal'}`);
  const made = await finished(results);
  if (made === undefined) throw new Error(`expected a finished optimization in ${results}`);
  return made;
}

async function finished(results: string): Promise<string | undefined> {
  if (!hasStore(results)) return undefined;
  return withStore(results, { nowMs: Date.now, command: 'npm run bench:distillation' }, (store) => {
    const run = store.listRuns().find(({ kind, status }) => kind === 'optimize' && status === 'finished');
    return Promise.resolve(run === undefined ? undefined : join(results, run.id, 'model'));
  });
}

/** CLIP score of each caption's picture. */
async function scoresOf(folder: string, steps: number): Promise<readonly number[]> {
  const models = loadPipeline(folder);
  const { batch, guidanceScale, scorer } = config.evaluation;
  return withDevice(parseDevice('cpu', config.device.threads ?? undefined), async (host) => {
    const pipeline = await openPipeline(host, models, { steps, guidanceScale, batch });
    const clip = await openClip(host, scorer, batch, resolve(options.results));
    const unet = { architecture: models.architecture, weights: PRETRAINED };
    const made = { pipeline, unet, prompts: captions, seed: noiseSeed };
    const [pictures = []] = await embedMadePictures(made, [clip]);
    return cosines(pictures, await clip.embedTexts(captions));
  });
}

const { studentSteps } = config.distillation;
const { originalSteps } = config.comparison;
const original = await scoresOf(config.pipeline, originalSteps);
const undistilled = await scoresOf(config.pipeline, studentSteps);
const students: Student[] = [];
for (let seed = 0; seed < Number(options.seeds); seed++) {
  for (const schedule of schedules) {
    for (const loss of losses) {
      const kind = { schedule, loss, seed };
      students.push({ ...kind, scores: await scoresOf(await modelOf(kind), studentSteps) });
    }
  }
}
const found = findings(students, original, { name: `original, ${studentSteps} steps`, scores: undistilled });
const { guidanceScale } = config.evaluation;
const setting = { captions: captions.length, split: config.evaluation.split, guidanceScale, noiseSeed };
writeFileSync(
  options.out,
  `${JSON.stringify({ ...setting, findings: found, original, undistilled, students }, null, 1)}\n`,
);
console.log('| | CLIP | by seed |\n| --- | --- | --- |');
for (const { name, clip, bySeed } of found) {
  const interval = `${clip.value.toFixed(3)} [${clip.low.toFixed(3)}, ${clip.high.toFixed(3)}]`;
  console.log(`| ${name} | ${interval} | ${bySeed.map((each) => each.toFixed(3)).join(', ')} |`);
}
