import { hashArchitecture } from '../architecture/canonical-form.js';
import { unetArchitecture } from '../model/unet-architecture.js';
import type { LatencyCalibration } from '../search/latency-table.js';
import { calibrate, type SummedNetwork } from './calibration.js';
import type { LatencyJob } from './latency-job.js';
import { sumMs, type LatencyTable } from './latency-table.js';
import { measureArchitecture } from './measure-architecture.js';
import { randomArchitectures } from './random-architectures.js';

/** Where the sums' errors tell from noise, and a search's networks are. */
const removedShares = { least: 0.15, most: 0.6 };
const seed = 0;

/**
 * Measures random networks end to end, each beside the original, and holds the table against them. What is stored
 * already isn't measured again: the networks of a UNet are always the same.
 * @param table of costs as measured
 * @returns null where nothing is to be calibrated with
 * @throws as `measureArchitecture` does
 */
export async function measureCalibration(
  job: LatencyJob,
  table: LatencyTable,
): Promise<LatencyCalibration | null> {
  const { settings, unet } = job;
  const { architectures: count, timeLimitMs } = settings.calibration;
  if (count === 0) return null;
  const endToEnd = {
    ...settings.endToEnd,
    timeLimitMs: Math.min(settings.endToEnd.timeLimitMs, timeLimitMs / count),
  };
  const limited = { ...job, settings: { ...settings, endToEnd } };
  const networks: SummedNetwork[] = [];
  for (const architecture of randomArchitectures(unetArchitecture(unet.config), count, removedShares, seed)) {
    job.onPart?.('whole networks', networks.length, count);
    const { entry } = await measureArchitecture(limited, architecture);
    networks.push({
      architectureHash: hashArchitecture(architecture),
      sumMs: sumMs(table, architecture),
      measuredMs: entry.medianMs.value,
    });
  }
  job.onPart?.('whole networks', count, count);
  return calibrate(table.originalMs.value, networks);
}
