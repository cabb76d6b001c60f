import { tmpdir } from 'node:os';
import { canonicalForm } from '../../architecture/canonical-form.js';
import { keyedGenerator } from '../../diffusion/gaussian.js';
import { systemClock } from '../../latency/clock.js';
import type { LatencyJob, LatencySettings } from '../../latency/latency-job.js';
import { DeviceLatencyMeter } from '../../latency/latency-meter.js';
import type { LatencyEntry, LatencyStore, LatencyTableKey } from '../../latency/latency-records.js';
import type { LatencyTable } from '../../latency/latency-table.js';
import { measureInt8Blocks, type Int8Latency } from '../../latency/measure-int8-blocks.js';
import { LATENCY_PROTOCOL } from '../../latency/protocol-version.js';
import { ownLatenciesInMemory, TrustedLatencies } from '../../latency/trusted-latencies.js';
import { unetArchitecture } from '../../model/unet-architecture.js';
import type { Device } from '../../runtime/device.js';
import type { DeviceHost } from '../../runtime/device-host.js';
import type { Estimate } from '../../statistics/estimate.js';
import { fingerprintOf } from './describe-device.js';
import type { MeasuredModel } from './measured-model.js';
import { withDevice } from './with-device.js';

/** What a UNet is measured with. */
export interface TableSettings {
  /** Of the UNet: images, twice that under guidance. */
  readonly batch: number;
  /** Side of the latents; the model's own when absent. */
  readonly latents?: number;
  /** Tokens of text; the model's own when absent. */
  readonly context?: number;
  /** Longest time for all blocks alone, and for the whole. */
  readonly seconds: number;
  /** Random whole networks that the table is calibrated with. */
  readonly calibrate: number;
  readonly remeasure: boolean;
}

/** A device's table. */
export interface MeasuredTable {
  /** Of the architecture it was pretrained with. */
  readonly table: LatencyTable;
  /** The whole network as it is now, where it has evolved. */
  readonly evolvedMs?: Estimate;
}

interface JobOptions {
  readonly store: LatencyStore;
  readonly settings: TableSettings;
  readonly onEntry: (entry: LatencyEntry) => void;
  readonly onPart?: LatencyJob['onPart'];
}

/** What a table on that device is kept under. */
export function tableKeyOf(
  device: Device,
  { latents: [height, width], contextLength }: MeasuredModel,
  { batch, latents, context }: TableSettings,
): LatencyTableKey {
  return {
    protocol: LATENCY_PROTOCOL,
    deviceFingerprint: fingerprintOf(device),
    dtype: 'float32',
    batchSize: batch,
    latentHeight: latents ?? height,
    latentWidth: latents ?? width,
    contextLength: context ?? contextLength,
  };
}

/**
 * Measures a UNet's whole table in a worker of the device's own, but for what was measured before under the same key and was stable.
 * @param onEntry told of each entry after it is stored; what it throws ends the measuring
 * @throws as `DeviceLatencyMeter` does
 */
export async function measureOnDevice(
  device: Device,
  model: MeasuredModel,
  store: LatencyStore,
  settings: TableSettings,
  onEntry: (entry: LatencyEntry) => void,
): Promise<MeasuredTable> {
  const { unet, architecture } = model;
  return withDevice(device, async (host) => {
    const job = latencyJob(host, device, model, { store, settings, onEntry });
    const meter = new DeviceLatencyMeter(job, device.provider);
    const table = await meter.measureTable();
    if (canonicalForm(architecture) === canonicalForm(unetArchitecture(unet.config))) return { table };
    return { table, evolvedMs: (await meter.measureArchitecture({ architecture })).latencyMs };
  });
}

/**
 * Measures each block of a UNet alone in float32 and on weights of int8, as {@link measureOnDevice} does.
 * @param telling.onPart told how far it is; never where all was measured before
 * @throws as `measureInt8Blocks` does
 */
export function measureInt8OnDevice(
  device: Device,
  model: MeasuredModel,
  store: LatencyStore,
  settings: TableSettings,
  telling: Pick<JobOptions, 'onEntry' | 'onPart'>,
): Promise<readonly Int8Latency[]> {
  return withDevice(device, (host) =>
    measureInt8Blocks(latencyJob(host, device, model, { store, settings, ...telling })),
  );
}

function latencyJob(
  host: DeviceHost,
  device: Device,
  model: MeasuredModel,
  { store, settings, onEntry, onPart }: JobOptions,
): LatencyJob {
  return {
    host,
    unet: model.unet,
    key: tableKeyOf(device, model, settings),
    store: new TrustedLatencies(store, ownLatenciesInMemory(), settings),
    settings: latencySettings(settings),
    clock: systemClock,
    random: keyedGenerator({ seed: 0, index: 0 }),
    scratchFolder: tmpdir(),
    onEntry,
    ...(onPart === undefined ? {} : { onPart }),
  };
}

/** The defaults of a search's configuration, with time enough for networks whose step takes seconds. */
function latencySettings({
  seconds,
  calibrate,
}: Pick<TableSettings, 'seconds' | 'calibrate'>): LatencySettings {
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
    profiling: { forwards: 60, warmUps: 2, maxKernels: 60_000 },
    differences: { timeLimitMs: seconds * 1000 },
    calibration: { architectures: calibrate, timeLimitMs: seconds * 1000 },
  };
}
