import type { Architecture } from '../architecture/architecture.js';
import { hashArchitecture } from '../architecture/canonical-form.js';
import { unetArchitecture } from '../model/unet-architecture.js';
import type { Estimate } from '../statistics/estimate.js';
import { keepEntry, storedEntry, type LatencyJob } from './latency-job.js';
import type { LatencyEntry } from './latency-records.js';
import { scale } from '../statistics/estimate.js';
import { watchMachine, type MachineWatch } from './machine-watch.js';
import { hasMoved } from './machine-warnings.js';
import { sessionStopwatch, withSessions } from './measured-session.js';
import { weightFolder } from './measured-unet.js';
import { measureInterleaved } from './measuring-protocol.js';
import { measurePaired, type PairedMeasurement } from './paired-protocol.js';
import { stepGraph } from './step-graph.js';

/** A whole network, measured beside the original. */
export interface ArchitectureLatency {
  /** What is stored: the ratio to the original times what the original measures, so that latencies of one key compare. */
  readonly entry: LatencyEntry;
  /** Its time over the original's, from rounds that ran both. */
  readonly ratio: Estimate;
}

/** How an architecture is measured. */
export interface ArchitectureMeasuring {
  /** Measures although a figure is stored, and stores the new one beside it: what others decided on the first stays true. */
  readonly anew?: boolean;
  /** What it is stored under; the architecture's hash unless told otherwise. */
  readonly subject?: string;
}

/**
 * One step of the original UNet, end to end: the yardstick of its table. Measured once for a key.
 * @throws as `measureInterleaved` does; SnapEvoError `SESSION_FAILED`
 */
export async function measureOriginal(job: LatencyJob): Promise<LatencyEntry> {
  const original = unetArchitecture(job.unet.config);
  const subject = hashArchitecture(original);
  const known = storedEntry(job, subject, 'end-to-end');
  if (known !== undefined) return known;
  const graphs = [stepGraph(job.unet, original, job.key)];
  const watch = watchMachine(job.clock);
  const [measurement] = await withSessions(
    job.host,
    graphs,
    () => weightFolder(job.unet),
    (sessions) => measureInterleaved(sessions, sessionStopwatch, job.settings.endToEnd, job),
  );
  const { samplesMs = [], medianMs = { value: 0, low: 0, high: 0 }, warnings = [] } = measurement ?? {};
  const flags = [...warnings, ...watch(samplesMs)];
  return keepEntry(job, { subject, method: 'end-to-end', samplesMs, medianMs, flags });
}

/**
 * One step of a UNet of some architecture, end to end, in turn with the original. Its latency is the ratio of the two
 * times the original's first measurement, so that a machine that is busier or hotter than then changes neither a
 * comparison nor a budget that is a share of the original. The samples stored are these products too.
 * @throws as {@link measureOriginal} does
 */
export async function measureArchitecture(
  job: LatencyJob,
  architecture: Architecture,
  { anew = false, subject = hashArchitecture(architecture) }: ArchitectureMeasuring = {},
): Promise<ArchitectureLatency> {
  const original = await measureOriginal(job);
  const stored = anew ? undefined : storedEntry(job, subject, 'end-to-end');
  // what was measured before the original was is a product with another figure of it
  const compares = stored !== undefined && stored.measuredAtMs >= original.measuredAtMs;
  const known = subject === original.subject ? original : compares ? stored : undefined;
  const originalMs = original.medianMs.value;
  if (known !== undefined) return { entry: known, ratio: scale(known.medianMs, 1 / originalMs) };
  const watch = watchMachine(job.clock);
  const paired = await measureBeside(job, architecture);
  const entry = keepEntry(job, {
    subject: anew ? `${subject}, anew` : subject,
    method: 'end-to-end',
    samplesMs: paired.ratios.map((ratio) => ratio * originalMs),
    medianMs: scale(paired.ratio, originalMs),
    flags: flagsOf(paired, originalMs, watch),
  });
  return { entry, ratio: paired.ratio };
}

function measureBeside(job: LatencyJob, architecture: Architecture): Promise<PairedMeasurement> {
  const { unet, key, host, settings } = job;
  const graphs = [architecture, unetArchitecture(unet.config)].map((each) => stepGraph(unet, each, key));
  return withSessions(
    host,
    graphs,
    () => weightFolder(unet),
    ([subject, reference]) => {
      if (subject === undefined || reference === undefined) throw new TypeError('expected two sessions');
      return measurePaired(subject, reference, sessionStopwatch, settings.endToEnd, job);
    },
  );
}

function flagsOf(
  { subject, reference }: PairedMeasurement,
  originalMs: number,
  watch: MachineWatch,
): string[] {
  const moved = hasMoved(reference.medianMs.value, originalMs);
  return [...subject.warnings, ...watch(reference.samplesMs), ...(moved ? ['reference-moved'] : [])];
}
