import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { keyedGenerator } from '../../diffusion/gaussian.js';
import { systemClock } from '../../latency/clock.js';
import type { LatencyJob, LatencySettings } from '../../latency/latency-job.js';
import { DeviceLatencyMeter } from '../../latency/latency-meter.js';
import type { LatencyTable } from '../../latency/latency-table.js';
import { LATENCY_PROTOCOL } from '../../latency/protocol-version.js';
import { ownLatenciesInMemory, TrustedLatencies } from '../../latency/trusted-latencies.js';
import type { DeviceHost } from '../../runtime/device-host.js';
import { canonicalForm } from '../../architecture/canonical-form.js';
import { unetArchitecture } from '../../model/unet-architecture.js';
import type { Estimate } from '../../search/estimate.js';
import { formatMeasured } from '../views/figures.js';
import type { Store } from '../../store/store.js';
import type { CliContext } from '../cli-context.js';
import { fingerprintOf, namedDevice } from '../compose/describe-device.js';
import { openMeasuredModel, type MeasuredModel } from '../compose/measured-model.js';
import { withStore } from '../compose/open-store.js';
import { withDevice } from '../compose/with-device.js';
import { formatLatencyTable } from '../views/latency-table-view.js';
import { LatencyProgress } from '../views/latency-progress.js';

export interface MeasureOptions {
  /** Of the weights; undefined for those without one. */
  readonly variant?: string;
  readonly device: string;
  readonly threads?: number;
  readonly batch: number;
  readonly latents?: number;
  readonly context?: number;
  readonly seconds: number;
  readonly calibrate: number;
  readonly remeasure: boolean;
  readonly results: string;
  readonly json: boolean;
}

/** Measures a UNet's whole latency table, but for what was measured before under the same key and was stable, and prints it. */
export async function measureModel(
  folder: string,
  options: MeasureOptions,
  context: CliContext,
): Promise<void> {
  const { terminal, currentFolder, nowMs } = context;
  const results = resolve(currentFolder, options.results);
  const device = namedDevice(options.device, options.threads);
  const model = openMeasuredModel(resolve(currentFolder, folder), results, options.variant);
  const { table, evolvedMs } = await withStore(results, nowMs, (store) =>
    withDevice(device, (host) => measureTable(host, store, model, options, context)),
  );
  if (options.json) {
    terminal.printJson({ model: folder, ...table, ...(evolvedMs === undefined ? {} : { evolvedMs }) });
    return;
  }
  terminal.print(formatLatencyTable(table, model.unet.config, terminal.styles));
  if (evolvedMs !== undefined) terminal.print(describeEvolved(evolvedMs, table));
}

interface Measured {
  /** Of the architecture it was pretrained with. */
  readonly table: LatencyTable;
  /** The whole network as it is now, where it has evolved. */
  readonly evolvedMs?: Estimate;
}

async function measureTable(
  host: DeviceHost,
  store: Store,
  { unet, architecture, latents: [height, width], contextLength }: MeasuredModel,
  { batch, latents, context: tokens, seconds, calibrate, remeasure }: MeasureOptions,
  { terminal, signal }: CliContext,
): Promise<Measured> {
  const key = {
    protocol: LATENCY_PROTOCOL,
    deviceFingerprint: fingerprintOf(host.device),
    dtype: 'float32',
    batchSize: batch,
    latentHeight: latents ?? height,
    latentWidth: latents ?? width,
    contextLength: tokens ?? contextLength,
  };
  const live = new LatencyProgress(terminal, unet.config, key, calibrate);
  const job: LatencyJob = {
    host,
    unet,
    key,
    store: new TrustedLatencies(store, ownLatenciesInMemory(), { remeasure }),
    settings: settingsOf(seconds, calibrate),
    clock: systemClock,
    random: keyedGenerator({ seed: 0, index: 0 }),
    scratchFolder: tmpdir(),
    onEntry: (entry) => {
      signal.throwIfAborted();
      live.add(entry);
    },
  };
  try {
    const meter = new DeviceLatencyMeter(job, host.device.provider);
    const table = await meter.measureTable();
    if (canonicalForm(architecture) === canonicalForm(unetArchitecture(unet.config))) return { table };
    return { table, evolvedMs: (await meter.measureArchitecture({ architecture })).latencyMs };
  } finally {
    live.stop();
  }
}

function describeEvolved(evolvedMs: Estimate, { originalMs }: LatencyTable): string {
  const share = (100 * evolvedMs.value) / originalMs.value;
  return `The network of this folder has evolved from that: ${formatMeasured(evolvedMs)} ms a step, ${share.toFixed(0)}% of the original.`;
}

/** The defaults of a search's configuration, with time enough for networks whose step takes seconds. */
function settingsOf(seconds: number, architectures: number): LatencySettings {
  const protocol = {
    intervalShare: 0.03,
    minSamples: 6,
    maxSamples: 300,
    timeLimitMs: seconds * 1000,
    maxWarmUps: 30,
    warmUpTolerance: 0.05,
  };
  return {
    endToEnd: protocol,
    alone: protocol,
    profiling: { forwards: 30, warmUps: 2, maxKernels: 60_000 },
    differences: { timeLimitMs: seconds * 1000 },
    calibration: { architectures, timeLimitMs: seconds * 1000 },
  };
}
