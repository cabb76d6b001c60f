// How well the latency table foretells whole networks, and how far two builds of it agree:
// `npm run bench:table -- [--again]`. See bench/README.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { removedBlocks } from '../../src/architecture/architecture.js';
import { hashArchitecture } from '../../src/architecture/canonical-form.js';
import { configuredDevice, fingerprintOf } from '../../src/cli/compose/describe-device.js';
import { openMeasuredModel } from '../../src/cli/compose/measured-model.js';
import { withDevice } from '../../src/cli/compose/with-device.js';
import { loadConfig } from '../../src/config/load-config.js';
import { searchConfigSchema } from '../../src/config/search-config.js';
import { keyedGenerator } from '../../src/diffusion/gaussian.js';
import { systemClock } from '../../src/latency/clock.js';
import type { LatencyJob } from '../../src/latency/latency-job.js';
import { DeviceLatencyMeter } from '../../src/latency/latency-meter.js';
import { describeLatencySummary, summarizeLatencyTable } from '../../src/latency/latency-summary.js';
import { sumMs, type LatencyTable } from '../../src/latency/latency-table.js';
import { stepBatchSize } from '../../src/latency/measured-unet.js';
import { measureArchitecture } from '../../src/latency/measure-architecture.js';
import { LATENCY_PROTOCOL } from '../../src/latency/protocol-version.js';
import { randomArchitectures } from '../../src/latency/random-architectures.js';
import { describeTableError } from '../../src/latency/table-error.js';
import { unetArchitecture } from '../../src/model/unet-architecture.js';
import { renderChart } from '../../src/report/render-chart.js';
import type { DeviceHost } from '../../src/runtime/device-host.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { latencyTableChart } from './latency-table-chart.js';
import {
  buildDifferences,
  tableFigures,
  type BuildDifference,
  type HeldOutNetwork,
} from './table-figures.js';

const { values: options } = parseArgs({
  options: {
    config: { type: 'string', default: 'configs/emoji.yaml' },
    set: { type: 'string', multiple: true, default: [] },
    networks: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    again: { type: 'boolean', default: false },
    out: { type: 'string', default: 'results/bench-latency-table.json' },
    plot: { type: 'string', default: 'docs/images/latency-table.png' },
  },
});
const config = loadConfig(searchConfigSchema, options.config, {
  settings: options.set,
  currentFolder: process.cwd(),
});
const { images, ...settings } = config.latency;
const model = openMeasuredModel(config.pipeline, 'results', config.variant ?? undefined);

/** A build of the table from nothing, and what it foretold. */
interface Build {
  readonly builtAt: string;
  readonly seconds: number;
  /** Processes that wanted to run in the last minute, before and after. */
  readonly load: readonly [number, number];
  readonly table: LatencyTable;
}

function jobOn(host: DeviceHost): LatencyJob {
  const [latentHeight, latentWidth] = model.latents;
  return {
    host,
    unet: model.unet,
    key: {
      protocol: LATENCY_PROTOCOL,
      deviceFingerprint: fingerprintOf(host.device),
      dtype: 'float32',
      batchSize: stepBatchSize(images, config.evaluation.guidanceScale),
      latentHeight,
      latentWidth,
      contextLength: model.contextLength,
    },
    store: new MemoryStore({ nowMs: Date.now, drawSuffix: () => 0 }),
    settings,
    clock: systemClock,
    random: keyedGenerator({ seed: Number(options.seed), index: 0 }),
    scratchFolder: tmpdir(),
  };
}

const currentLoad = (): number => loadavg()[0] ?? Number.NaN;

async function build(job: LatencyJob, { device }: DeviceHost): Promise<Build> {
  const [startedMs, load] = [systemClock.elapsedMs(), currentLoad()];
  const table = await new DeviceLatencyMeter(job, device.provider).measureTable();
  const seconds = (systemClock.elapsedMs() - startedMs) / 1000;
  for (const line of describeLatencySummary(summarizeLatencyTable(table))) console.log(line);
  return { builtAt: new Date().toISOString(), seconds, load: [load, currentLoad()], table };
}

/** Of the same measurements, costs as they were measured. */
function uncalibrated(job: LatencyJob, { device }: DeviceHost): Promise<LatencyTable> {
  const calibration = { ...settings.calibration, architectures: 0 };
  return new DeviceLatencyMeter(
    { ...job, settings: { ...settings, calibration } },
    device.provider,
  ).measureTable();
}

async function measureHeldOut(
  job: LatencyJob,
  tables: { readonly asMeasured: LatencyTable; readonly calibrated: LatencyTable },
): Promise<HeldOutNetwork[]> {
  const original = unetArchitecture(model.unet.config);
  const all = { least: 0, most: 1 };
  const networks: HeldOutNetwork[] = [];
  for (const each of randomArchitectures(original, Number(options.networks), all, Number(options.seed))) {
    const { entry } = await measureArchitecture(job, each);
    const network = {
      architectureHash: hashArchitecture(each),
      removedBlocks: removedBlocks(each).length,
      sumMs: sumMs(tables.asMeasured, each),
      predictedMs: sumMs(tables.calibrated, each),
      measuredMs: entry.medianMs,
      warnings: entry.flags,
    };
    networks.push(network);
    const { removedBlocks: removed, sumMs: sum, predictedMs, measuredMs } = network;
    console.log(
      `${removed} blocks removed: ${sum.toFixed(2)} ms by the sum, ${predictedMs.toFixed(2)} calibrated, ${measuredMs.value.toFixed(2)} measured ${entry.flags.join(', ')}`,
    );
  }
  return networks;
}

async function benchTable(host: DeviceHost): Promise<void> {
  const job = jobOn(host);
  const first = await build(job, host);
  const tables = { asMeasured: await uncalibrated(job, host), calibrated: first.table };
  const networks = await measureHeldOut(job, tables);
  const figures = tableFigures(networks);
  const { errorBefore, errorAfter, rankCorrelation } = figures;
  if (errorBefore !== null) console.log(`before calibration, ${describeTableError(errorBefore)}`);
  if (errorAfter !== null) console.log(`after calibration, ${describeTableError(errorAfter)}`);
  console.log(`rank correlation ${rankCorrelation.toFixed(3)}`);
  write({ machine: { cpu: cpus()[0]?.model, cores: cpus().length }, ...figures, ...first, networks });
  writeFileSync(options.plot, renderChart(latencyTableChart(networks, figures), 'png'));
}

/** Builds the table of an earlier report once more. */
async function compareAgain(host: DeviceHost): Promise<void> {
  const earlier = JSON.parse(readFileSync(options.out, 'utf8')) as Build;
  const again = await build(jobOn(host), host);
  const minutesLater = (Date.parse(again.builtAt) - Date.parse(earlier.builtAt)) / 60_000;
  const differences = buildDifferences(earlier.table, again.table);
  const { original, inMs, asShares, asSharesByMethod } = differences;
  console.log(`${minutesLater.toFixed(0)} minutes later, the original differs by ${percent(original)}`);
  const lines: readonly (readonly [string, BuildDifference])[] = [
    ['blocks, in ms', inMs],
    ['as shares of the original', asShares],
    ...Object.entries(asSharesByMethod).map(([method, each]) => [`  measured ${method}`, each] as const),
  ];
  for (const [what, { median, ninetiethPercentile }] of lines) {
    console.log(
      `${what}: by ${percent(median)} in the median, ${percent(ninetiethPercentile)} at the 90th percentile`,
    );
  }
  write({ ...earlier, again: { minutesLater, differences, ...again } });
}

const write = (report: object): void => {
  writeFileSync(options.out, `${JSON.stringify(report, null, 1)}\n`);
};

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

await withDevice(configuredDevice(config.device), options.again ? compareAgain : benchTable);
