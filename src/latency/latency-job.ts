import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { CalibrationSettings } from './calibration.js';
import type { Clock } from './clock.js';
import type { LatencyEntry, LatencyMethod, LatencyStore, LatencyTableKey } from './latency-records.js';
import type { MeasuredUNet } from './measured-unet.js';
import type { SessionHost } from '../runtime/device-host.js';
import type { ProtocolSettings } from './measuring-protocol.js';
import type { ProfilingSettings } from './profile-networks.js';

export interface LatencySettings {
  /** Of whole networks, each beside the original. */
  readonly endToEnd: ProtocolSettings;
  /** Of all blocks alone; the time limit is for all of them together. */
  readonly alone: ProtocolSettings;
  readonly profiling: ProfilingSettings;
  /** Where there is no profile. */
  readonly differences: {
    /** For all blocks together. */
    readonly timeLimitMs: number;
  };
  readonly calibration: CalibrationSettings;
}

/** What every measurement needs: where it runs, of what it is, under which key it is kept. */
export interface LatencyJob {
  readonly host: SessionHost;
  readonly unet: MeasuredUNet;
  readonly key: LatencyTableKey;
  readonly store: LatencyStore;
  readonly settings: LatencySettings;
  readonly clock: Clock;
  readonly random: RandomGenerator;
  /** A folder for the runtime's profiles, which are removed once read. */
  readonly scratchFolder: string;
  /** Told of each entry after it is stored. */
  readonly onEntry?: (entry: LatencyEntry) => void;
  /** Told while blocks are measured how far that is: each way of measuring is a part. */
  readonly onPart?: (part: string, done: number, total: number) => void;
}

/** What was measured under the job's key before, and is gone by. */
export function storedEntry(
  job: LatencyJob,
  subject: string,
  method: LatencyMethod,
): LatencyEntry | undefined {
  return job.store.readLatencyEntry(job.key, subject, method);
}

/** Stores a unit of work; once this returns, it is not measured again for the job. */
export function keepEntry(
  job: LatencyJob,
  measured: Omit<LatencyEntry, 'measuredAtMs'>,
  measuredAtMs = job.clock.nowMs(),
): LatencyEntry {
  const entry = { ...measured, measuredAtMs };
  job.store.putLatencyEntry(job.key, entry);
  job.onEntry?.(entry);
  return entry;
}
