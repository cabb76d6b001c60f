// One step of the UNet of Stable Diffusion 1.5, SnapEvo and PyTorch turn about:
// `npx tsx bench/unet-step/run.ts PIPELINE --python .venv/bin/python`. See bench/README.md.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compareSides, type SideResult } from '../compare.js';
import { writeStepInputs } from '../full-size/workload.js';
import { Side, type SideCommand } from '../side.js';
import { environments, inEnvironment } from '../peer-settings.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string', default: '.venv/bin/python' },
    rounds: { type: 'string', default: '10' },
    threads: { type: 'string', default: String(cpus().length) },
    environments: { type: 'string', default: Object.keys(environments).join(';') },
    out: { type: 'string', default: 'results/bench-unet-step.json' },
    'no-compile': { type: 'boolean', default: false },
  },
});
const [pipeline] = positionals;
if (pipeline === undefined)
  throw new Error('expected the folder of a pipeline; make-random-pipeline.ts writes one');
const unet = join(pipeline, 'unet');
const rounds = Number(options.rounds);

const say = (text: string): void => console.error(text);
const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** One way of having PyTorch step, and how it did: the fastest of its steps but the first, or why it doesn't work. */
interface Trial {
  readonly environment: string;
  readonly channelsLast: boolean;
  readonly compile: boolean;
  readonly ms: number | null;
  readonly failure?: string;
}

const trialSteps = 2;

async function tryOne(torch: SideCommand, settings: Omit<Trial, 'ms'>): Promise<Trial> {
  const side = new Side(inEnvironment(torch, settings.environment));
  try {
    await side.prepare({ ...settings });
    await side.steps(1);
    const times: number[] = [];
    for (let step = 0; step < trialSteps; step += 1) times.push((await side.steps(1)).ms);
    await side.end();
    return { ...settings, ms: Math.min(...times) };
  } catch (error) {
    return { ...settings, ms: null, failure: error instanceof Error ? error.message : String(error) };
  }
}

/** Every way without compilation, and compiled in the environment that did best without. */
async function tryAll(torch: SideCommand): Promise<Trial[]> {
  const trials: Trial[] = [];
  const attempt = async (settings: Omit<Trial, 'ms'>): Promise<void> => {
    const trial = await tryOne(torch, settings);
    trials.push(trial);
    say(`${describe(trial)}: ${trial.ms?.toFixed(0) ?? trial.failure ?? ''} ms`);
  };
  for (const environment of options.environments.split(';')) {
    for (const channelsLast of [false, true]) await attempt({ environment, channelsLast, compile: false });
  }
  if (options['no-compile']) return trials;
  const { environment } = fastest(trials);
  for (const channelsLast of [false, true]) await attempt({ environment, channelsLast, compile: true });
  return trials;
}

function fastest(trials: readonly Trial[]): Trial {
  const [best] = trials.filter(({ ms }) => ms !== null).toSorted((a, b) => (a.ms ?? 0) - (b.ms ?? 0));
  if (best === undefined) throw new Error('PyTorch works in none of the ways tried; see above');
  return best;
}

function describe({ environment, channelsLast, compile }: Trial): string {
  const format = channelsLast ? 'channels last' : 'channels first';
  return `PyTorch, ${compile ? 'compiled' : 'eager'}, ${format}, environment: ${environment}`;
}

async function measure(folder: string): Promise<object> {
  const side = (name: string, command: string, program: readonly string[]): SideCommand => ({
    name,
    command,
    args: [...program, unet, folder, options.threads],
  });
  const torch = side('PyTorch', options.python, [pathOf('../peers/torch_unet_step.py')]);
  const program = ['--import', 'tsx', pathOf('snapevo-side.ts')];
  const trials = await tryAll(torch);
  const best = fastest(trials);
  const commands = [
    side('SnapEvo', process.execPath, program),
    side('SnapEvo, packed', process.execPath, program),
    { ...inEnvironment(torch, best.environment), name: describe(best) },
  ];
  const settings = [{ prepacking: false }, { prepacking: true }, { ...best }];
  const sides = commands.map((command) => new Side(command));
  for (const [i, each] of sides.entries()) await each.prepare(settings[i] ?? {});
  const loadBefore = loadavg()[0];
  const results = await compareSides(sides, { rounds, stepsPerUnit: 1 }, say);
  for (const each of sides) await each.end();
  print(results);
  return {
    machine: { cpu: cpus()[0]?.model, cores: cpus().length, loadBefore },
    peer: best,
    trials,
    results,
  };
}

function print(results: readonly SideResult[]): void {
  console.log(
    '| | ms a step, median [95% interval] | quartiles | CPU ms | private MB | peak MB | time / PyTorch’s |',
  );
  console.log('|---|---|---|---|---|---|---|');
  for (const { name, msPerStep: ms, quartilesMs, cpuMsPerStep, ratioToPeer: ratio, ...memory } of results) {
    const cells = [
      name,
      `${ms.value.toFixed(0)} [${ms.low.toFixed(0)}, ${ms.high.toFixed(0)}]`,
      quartilesMs.map((each) => each.toFixed(0)).join(' - '),
      cpuMsPerStep.toFixed(0),
      memory.privateMemoryMb?.toFixed(0) ?? '',
      memory.peakMemoryMb.toFixed(0),
      `${ratio.value.toFixed(2)} [${ratio.low.toFixed(2)}, ${ratio.high.toFixed(2)}]`,
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'snapevo-bench-'));
try {
  writeStepInputs(folder);
  const measured = { threads: Number(options.threads), rounds, ...(await measure(folder)) };
  mkdirSync(join(options.out, '..'), { recursive: true });
  writeFileSync(options.out, `${JSON.stringify(measured, null, 1)}\n`);
  say(`Wrote ${options.out}.`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
