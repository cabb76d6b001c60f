import { hashArchitecture } from '../architecture/canonical-form.js';
import { unetArchitecture } from '../model/unet-architecture.js';
import type { LatencyCalibration } from '../search/latency-table.js';
import { calibrate, type NetworkSums, type WholeNetwork } from './calibration.js';
import type { LatencyJob } from './latency-job.js';
import { sumMs, type LatencyTable } from './latency-table.js';
import { measureArchitecture } from './measure-architecture.js';
import { randomArchitectures } from './random-architectures.js';

/** Where the sums' errors tell from noise, and a search's networks are. */
const removedShares = { least: 0.15, most: 0.8 };
const seed = 0;

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
  const original = unetArchitecture(job.unet.config);
  const architectures = randomArchitectures(original, count, removedShares, seed);
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

function withTimeLimit(job: LatencyJob, limitMs: number): LatencyJob {
  const { endToEnd } = job.settings;
  const timeLimitMs = Math.min(endToEnd.timeLimitMs, limitMs);
  return { ...job, settings: { ...job.settings, endToEnd: { ...endToEnd, timeLimitMs } } };
}
