// A round's time against its extents: `npm run bench:round-cost`. See bench/README.md.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { linearRegression, median } from 'simple-statistics';
import { initializeParameters } from '../../src/model/initialize-parameters.js';
import { unetArchitecture } from '../../src/model/unet-architecture.js';
import { parseUNetConfig } from '../../src/model/unet-config.js';
import { unetParameters } from '../../src/model/unet.js';
import { writeSafetensors } from '../../src/onnx/safetensors-writer.js';
import { renderChart } from '../../src/report/render-chart.js';
import { models } from '../pipeline/workload.js';
import { freshHost } from '../round/fresh-host.js';
import { roundConfig } from '../round/round-config.js';
import { runRound } from '../round/run-round.js';
import { costChart, type CostCurve } from './cost-chart.js';

const { values: options } = parseArgs({
  options: {
    repeats: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(cpus().length) },
    out: { type: 'string', default: 'results/bench-round-cost.json' },
    plot: { type: 'string', default: 'docs/images/round-cost.png' },
    /** The largest extents are left out: for trying the benchmark. */
    quick: { type: 'boolean', default: false },
  },
});
const threads = Number(options.threads);

/** Extents of a round, and what they are while another is varied. */
const usual = { layers: 1, captions: 4, trainSteps: 8, denoisingSteps: 4 };
type Extents = typeof usual;

const varied: Readonly<Record<keyof Extents, { readonly name: string; readonly values: readonly number[] }>> =
  {
    layers: { name: 'blocks of the network', values: [1, 2, 3, 4] },
    captions: { name: 'captions', values: [4, 8, 16, 32] },
    trainSteps: { name: 'training steps', values: [8, 16, 32, 64] },
    denoisingSteps: { name: 'denoising steps', values: [4, 8, 16, 32] },
  };

interface Measured {
  readonly extent: number;
  readonly seconds: number;
  /** Blocks that the search may act on. */
  readonly blocks: number;
  readonly samples: readonly object[];
}

/** The shipped pipeline with so many ResNets a level, and weights drawn at random: time doesn't depend on them. */
function writePipeline(
  folder: string,
  layers: number,
): { readonly pipeline: string; readonly blocks: number } {
  const pipeline = join(folder, `layers-${layers}`);
  cpSync(models.pipeline, pipeline, { recursive: true });
  const path = join(pipeline, 'unet', 'config.json');
  const text = JSON.stringify({
    ...(JSON.parse(readFileSync(path, 'utf8')) as object),
    layers_per_block: layers,
  });
  writeFileSync(path, text);
  const config = parseUNetConfig(text);
  const architecture = unetArchitecture(config);
  const specs = unetParameters(config, architecture);
  const drawn = initializeParameters(specs, 0);
  writeSafetensors(
    join(pipeline, 'unet', 'diffusion_pytorch_model.safetensors'),
    new Map(specs.map(({ name, shape }) => [name, { shape, data: drawn.get(name) ?? new Float32Array() }])),
  );
  return { pipeline, blocks: architecture.blocks.length };
}

async function measure(folder: string, extents: Extents): Promise<Omit<Measured, 'extent'>> {
  const { layers, captions, trainSteps, denoisingSteps } = extents;
  const { pipeline, blocks } = writePipeline(folder, layers);
  const config = roundConfig(folder, threads, [
    `pipeline=${pipeline}`,
    'search.pass=full',
    `search.captionCount=${captions}`,
    `search.trainStepsPerRound=${trainSteps}`,
    `search.trainStepsPerUnit=${usual.trainSteps}`,
    `evaluation.steps=${denoisingSteps}`,
    `evaluation.batch=${usual.captions}`,
  ]);
  const samples: { readonly ms: number; readonly runningMs: number; readonly loadingMs: number }[] = [];
  for (let repeat = 0; repeat < Number(options.repeats); repeat += 1) {
    const host = await freshHost(threads);
    const { ms, runningMs, loadingMs } = await runRound(host, config);
    await host.close();
    samples.push({ ms, runningMs, loadingMs });
  }
  return { blocks, samples, seconds: median(samples.map(({ ms }) => ms)) / 1000 };
}

const logarithms = (points: readonly (readonly [number, number])[]): number[][] =>
  points.map((point) => point.map(Math.log));

async function measureCurve(
  folder: string,
  key: keyof Extents,
): Promise<CostCurve & { readonly measured: readonly Measured[] }> {
  const { name, values } = varied[key];
  const measured: Measured[] = [];
  for (const value of options.quick ? values.slice(0, 2) : values) {
    const figures = await measure(folder, { ...usual, [key]: value });
    const extent = key === 'layers' ? figures.blocks : value;
    measured.push({ ...figures, extent });
    console.error(`${extent} ${name}: ${figures.seconds.toFixed(1)} s`);
  }
  const points = measured.map(({ extent, seconds }) => ({ extent, seconds }));
  const { m: slope } = linearRegression(logarithms(points.map(({ extent, seconds }) => [extent, seconds])));
  return { varied: name, slope, points, measured };
}

const machine = { cpu: cpus()[0]?.model, cores: cpus().length, loadBefore: loadavg()[0] };
const folder = mkdtempSync(join(tmpdir(), 'snapevo-bench-'));
try {
  const curves = [];
  for (const key of Object.keys(varied) as (keyof Extents)[]) curves.push(await measureCurve(folder, key));
  mkdirSync(join(options.out, '..'), { recursive: true });
  writeFileSync(options.out, `${JSON.stringify({ machine, threads, usual, curves }, null, 1)}\n`);
  writeFileSync(options.plot, renderChart(costChart(curves), 'png'));
  console.log('| varied | seconds a round | slope |\n|---|---|---|');
  for (const { varied: name, points, slope } of curves) {
    const cells = points.map(({ extent, seconds }) => `${extent}: ${seconds.toFixed(1)}`).join(', ');
    console.log(`| ${name} | ${cells} | ${slope.toFixed(2)} |`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
