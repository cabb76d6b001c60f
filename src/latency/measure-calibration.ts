import type { Architecture } from '../architecture/architecture.js';
import { hashArchitecture } from '../architecture/canonical-form.js';
import { unetArchitecture } from '../model/unet-architecture.js';
import type { LatencyCalibration, SkippedCalibration } from '../search/latency-table.js';
import { calibrate, type NetworkSums, type WholeNetwork } from './calibration.js';
import { storedEntry, type LatencyJob } from './latency-job.js';
import type { LatencyEntry } from './latency-records.js';
import { sumMs, type LatencyTable } from './latency-table.js';
import { measureArchitecture } from './measure-architecture.js';
import { fewestPairedMs } from './paired-protocol.js';
import { randomArchitectures } from './random-architectures.js';

/** Where the sums' errors tell from noise, and a search's networks are. */
const removedShares = { least: 0.15, most: 0.8 };
const seed = 0;

/** A table is of use without being calibrated: nobody is to wait longer for it than so many times what they allowed. */
const PATIENCE = 2;

/**
 * Whether the fewest runs of the networks that are not stored yet would take far longer than all of them may.
 * @param original end to end: what others are foretold by
 * @returns null where they would not, or nothing is to be calibrated with
 */
export function foreseeSkipping(job: LatencyJob, { medianMs }: LatencyEntry): SkippedCalibration | null {
  const { endToEnd, calibration } = job.settings;
  const architectures = calibrationNetworks(job);
  const isStored = (architecture: Architecture): boolean =>
    storedEntry(job, hashArchitecture(architecture), 'end-to-end') !== undefined;
  if (architectures.every(isStored)) return null;
  const fewestMs = architectures.length * fewestPairedMs(endToEnd, medianMs.value);
  const { timeLimitMs } = calibration;
  return fewestMs > PATIENCE * timeLimitMs ? { fewestMs, timeLimitMs } : null;
}

/**
 * Measures random networks end to end, each beside the original, and holds a table against them. What is stored
 * already isn't measured again: the networks of a UNet are always the same.
 * @param tables of the same blocks by costs as measured, one of each way of measuring; the one to be preferred first
 * @returns null where nothing is to be calibrated with
 * @throws as `measureArchitecture` does
 */
export async function measureCalibration(
  job: LatencyJob,
  tables: readonly [LatencyTable, ...LatencyTable[]],
): Promise<LatencyCalibration | null> {
  const { architectures: count, timeLimitMs } = job.settings.calibration;
  if (count === 0) return null;
  const architectures = calibrationNetworks(job);
  const limited = withTimeLimit(job, timeLimitMs / count);
  const networks: WholeNetwork[] = [];
  for (const architecture of architectures) {
    job.onPart?.('whole networks', networks.length, architectures.length);
    const { entry } = await measureArchitecture(limited, architecture);
    networks.push({
      architectureHash: hashArchitecture(architecture),
      measuredMs: entry.medianMs.value,
    });
  }
  job.onPart?.('whole networks', networks.length, networks.length);
  const sumsOf = (table: LatencyTable): NetworkSums => ({
    method: table.method,
    sumsMs: architectures.map((architecture) => sumMs(table, architecture)),
  });
  const [preferred, ...others] = tables;
  return calibrate(preferred.originalMs.value, networks, [sumsOf(preferred), ...others.map(sumsOf)]);
}

function calibrationNetworks({ unet, settings }: LatencyJob): readonly Architecture[] {
  const { architectures: count } = settings.calibration;
  return randomArchitectures(unetArchitecture(unet.config), count, removedShares, seed);
}

function withTimeLimit(job: LatencyJob, limitMs: number): LatencyJob {
  const { endToEnd } = job.settings;
  const timeLimitMs = Math.min(endToEnd.timeLimitMs, limitMs);
  return { ...job, settings: { ...job.settings, endToEnd: { ...endToEnd, timeLimitMs } } };
}
