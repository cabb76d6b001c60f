// Training steps, and a whole round of the search, on a mid-size model with random weights: `npx tsx bench/mid-size/run.ts PIPELINE`. See bench/README.md.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { encodePng } from '../../src/data/encode-png.js';
import { gaussianNoise } from '../../src/diffusion/gaussian.js';
import type { RoundTimes } from './round-times.js';
import type { TrainingFigures, TrainingSettings } from './training-settings.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: 'results' },
    'no-steps': { type: 'boolean', default: false },
    'no-round': { type: 'boolean', default: false },
    'no-shares': { type: 'boolean', default: false },
  },
});
const [pipeline] = positionals;
if (pipeline === undefined)
  throw new Error('expected the folder of a pipeline; make-random-pipeline.ts writes one');

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const settings: readonly TrainingSettings[] = [
  { batch: 2, accumulation: 1, activations: 'save', weightDtype: 'float32' },
  { batch: 2, accumulation: 1, activations: 'recompute', weightDtype: 'float32' },
  { batch: 1, accumulation: 2, activations: 'save', weightDtype: 'float32' },
  { batch: 1, accumulation: 2, activations: 'recompute', weightDtype: 'float32' },
  { batch: 1, accumulation: 2, activations: 'recompute', weightDtype: 'float16' },
];

function train(each: TrainingSettings): TrainingFigures {
  const args = ['--import', 'tsx', pathOf('training-side.ts'), pipeline as string, JSON.stringify(each)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as TrainingFigures;
}

/** Pictures of noise with captions, as an imagefolder. */
async function writePictures(folder: string): Promise<void> {
  mkdirSync(folder);
  const rows = ['a red house', 'a blue boat'].map((text, i) => ({ file_name: `${i}.png`, text }));
  const side = 512;
  for (const [index, { file_name: name }] of rows.entries()) {
    const values = gaussianNoise({ seed: 1, index }, 3 * side * side);
    const pixels = Uint8ClampedArray.from(values, (value) => 128 + 40 * value);
    writeFileSync(join(folder, name), await encodePng(pixels, { height: side, width: side }));
  }
  writeFileSync(join(folder, 'metadata.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

interface SearchFigures {
  readonly seconds: number;
  readonly peakMemoryGb: number;
  /** What the search told, line by line. */
  readonly told: readonly unknown[];
}

/** What round.yaml lacks, as of `--set`. */
function settingsIn(folder: string): string[] {
  const pictures = `training.pictures.folder=${join(folder, 'pictures')}`;
  return [`pipeline=${pipeline}`, pictures, `results=${join(folder, 'results')}`];
}

/** The search of round.yaml in a process of its own, whose memory is watched. Linux alone tells it. */
async function searchOnce(folder: string): Promise<SearchFigures> {
  const set = settingsIn(folder);
  const args = ['search', pathOf('round.yaml'), '--json', ...set.flatMap((each) => ['--set', each])];
  const started = performance.now();
  const child = spawn(process.execPath, ['--import', 'tsx', pathOf('../../src/cli/main.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, highestMemoryGb(child.pid));
  }, 200);
  let output = '';
  for await (const part of child.stdout) output += String(part);
  const [status] = (await ended) as [number | null];
  clearInterval(watch);
  if (status !== 0) throw new Error(`the search ended with the status ${status}: ${output}`);
  return {
    seconds: (performance.now() - started) / 1000,
    peakMemoryGb: peak,
    told: output
      .split('\n')
      .filter((line) => line !== '')
      .map((line): unknown => JSON.parse(line)),
  };
}

/** Where the time of a round goes that measures no latencies. */
function timeOnce(folder: string): RoundTimes {
  const args = ['--import', 'tsx', pathOf('round-side.ts'), ...settingsIn(folder)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as RoundTimes;
}

function highestMemoryGb(pid: number | undefined): number {
  try {
    const [, kilobytes = '0'] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) / 2 ** 20;
  } catch {
    // the process has ended
    return 0;
  }
}

const machine = { cpu: cpus()[0]?.model, cores: cpus().length, loadBefore: loadavg()[0] };

function write(name: string, figures: object): void {
  mkdirSync(options.out, { recursive: true });
  const file = join(options.out, `bench-mid-size-${name}.json`);
  writeFileSync(file, `${JSON.stringify({ machine, pipeline, ...figures }, null, 1)}\n`);
}

if (!options['no-steps']) {
  console.log('| batch | accumulation | activations | weights | s a step | peak GB |');
  console.log('|---|---|---|---|---|---|');
  const trainings = settings.map((each) => {
    const figures = train(each);
    const { batch, accumulation, activations, weightDtype } = each;
    const cells = [figures.secondsPerStep.toFixed(1), figures.peakMemoryGb.toFixed(1)];
    console.log(`| ${[batch, accumulation, activations, weightDtype, ...cells].join(' | ')} |`);
    return { ...each, ...figures };
  });
  write('steps', { trainings });
}

const folder = mkdtempSync(join(tmpdir(), 'snapevo-bench-'));
try {
  if (!options['no-round'] || !options['no-shares']) await writePictures(join(folder, 'pictures'));
  if (!options['no-round']) {
    const round = await searchOnce(folder);
    console.log(`A whole round: ${round.seconds.toFixed(0)} s, at most ${round.peakMemoryGb.toFixed(1)} GB.`);
    write('round', round);
  }
  if (!options['no-shares']) {
    const { ms, openingMs, runningMs, loadingMs } = timeOnce(folder);
    const share = (part: number): string => `${((100 * part) / (ms - openingMs)).toFixed(1)}%`;
    console.log(
      `A round that measures no latencies: ${(ms / 1000).toFixed(0)} s, of them ${(openingMs / 1000).toFixed(1)} opening models and data; of the rest ${share(ms - openingMs - runningMs - loadingMs)} outside of sessions, ${share(loadingMs)} loading them.`,
    );
    write('shares', { ms, openingMs, runningMs, loadingMs });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
