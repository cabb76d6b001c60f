// One training step of the emoji UNet, SnapEvo and PyTorch turn about: `npm run bench:training -- --python .venv/bin/python`.
// See bench/README.md.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parameterCount } from '../../src/model/parameter-count.js';
import { compareSides, type SideResult } from '../compare.js';
import { describeSettings, fastest, inEnvironment, tryPeerSettings } from './peer-settings.js';
import { Side, type SideCommand } from '../side.js';
import { shippedParameters, workload, writeWorkload } from './workload.js';

const { values: options } = parseArgs({
  options: {
    python: { type: 'string', default: '.venv/bin/python' },
    rounds: { type: 'string', default: '12' },
    threads: { type: 'string', default: '2' },
    out: { type: 'string', default: 'results/bench-training-step.json' },
    'no-compile': { type: 'boolean', default: false },
  },
});
const { python, threads, out } = options;
const rounds = Number(options.rounds);
/** A run of the looped graph. */
const stepsPerUnit = 10;

const say = (text: string): void => console.error(text);
const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const ours = (stepsPerRun: number, folder: string): SideCommand => ({
  name: `SnapEvo, ${stepsPerRun === 1 ? 'one step' : `${stepsPerRun} steps`} a run`,
  command: process.execPath,
  args: ['--import', 'tsx', pathOf('snapevo-side.ts'), folder, threads],
});

async function measure(folder: string): Promise<object> {
  const torch: SideCommand = {
    name: 'PyTorch',
    command: python,
    args: [pathOf('../peers/torch_training_step.py'), folder, threads],
  };
  const trials = await tryPeerSettings(torch, !options['no-compile'], say);
  const best = fastest(trials);
  const sides = [
    new Side(ours(stepsPerUnit, folder)),
    new Side(ours(1, folder)),
    new Side(inEnvironment(torch, best.environment)),
  ];
  const settings = [{ stepsPerRun: stepsPerUnit }, { stepsPerRun: 1 }, { ...best }];
  for (const [i, side] of sides.entries()) await side.prepare(settings[i] ?? {});
  const loadBefore = loadavg()[0];
  const results = await compareSides(sides, { rounds, stepsPerUnit }, say);
  for (const side of sides) await side.end();
  print(results, describeSettings(best));
  return {
    machine: { cpu: cpus()[0]?.model, cores: cpus().length, loadBefore },
    peer: best,
    trials,
    results,
  };
}

function print(results: readonly SideResult[], peer: string): void {
  const parameters = (parameterCount(shippedParameters()) / 1e6).toFixed(2);
  console.log(
    `UNet of ${parameters} M parameters, batch ${workload.batch}, ${threads} threads, ${rounds} rounds`,
  );
  console.log(`PyTorch at its fastest: ${peer}\n`);
  console.log(
    "| | ms a step, median [95% interval] | quartiles | CPU ms a step | peak MB | time / PyTorch's |",
  );
  console.log('|---|---|---|---|---|---|');
  for (const {
    name,
    msPerStep: ms,
    quartilesMs,
    cpuMsPerStep,
    peakMemoryMb,
    ratioToPeer: ratio,
  } of results) {
    const cells = [
      name,
      `${ms.value.toFixed(0)} [${ms.low.toFixed(0)}, ${ms.high.toFixed(0)}]`,
      quartilesMs.map((each) => each.toFixed(0)).join(' - '),
      cpuMsPerStep.toFixed(0),
      peakMemoryMb.toFixed(0),
      `${ratio.value.toFixed(2)} [${ratio.low.toFixed(2)}, ${ratio.high.toFixed(2)}]`,
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'snapevo-bench-'));
try {
  writeWorkload(folder);
  const measured = { workload, threads: Number(threads), rounds, stepsPerUnit, ...(await measure(folder)) };
  mkdirSync(join(out, '..'), { recursive: true });
  writeFileSync(out, `${JSON.stringify(measured, null, 1)}\n`);
  say(`Wrote ${out}.`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
