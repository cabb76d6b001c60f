import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { SnapEvoError } from '../errors/snapevo-error.js';
import type { Estimate } from '../statistics/estimate.js';
import type { Clock } from './clock.js';
import {
  FEWEST_FOR_INTERVAL,
  findOutliers,
  isDrifting,
  medianInterval,
  relativeWidth,
} from './latency-statistics.js';
import type { LatencyWarning } from './latency-warning.js';
import type { MachineWarning } from './machine-warnings.js';
import { shuffle } from './shuffle.js';

/** Times one run of a subject, in milliseconds. */
export interface Stopwatch<Subject> {
  time(subject: Subject): Promise<number>;
}

export interface ProtocolSettings {
  /** A subject is settled once the 95% interval of its median is no wider than this share of the median. */
  readonly intervalShare: number;
  /** Taken of every subject whatever the time limit; below six there is no 95% interval. */
  readonly minSamples: number;
  readonly maxSamples: number;
  /** For all subjects together, warm-up included. */
  readonly timeLimitMs: number;
  /** Most warm-up runs of a subject. */
  readonly maxWarmUps: number;
  /** A subject is warm once its last runs are not faster than those before them by more than this share. */
  readonly warmUpTolerance: number;
}

/** What a protocol takes from outside, so that tests decide it. */
export interface Seams {
  readonly clock: Clock;
  /** Moves on as orders are drawn. */
  readonly random: RandomGenerator;
}

/** The samples of a subject, and what they come to. */
export interface Measurement {
  /** In the order taken, warm-up left out, outliers kept. */
  readonly samplesMs: readonly number[];
  readonly medianMs: Estimate;
  readonly warnings: readonly LatencyWarning[];
}

/** Who else takes part while subjects are measured. */
export interface Company<Subject> {
  /** Run once a round until the last subject is done: how long that takes tells how the machine does meanwhile. */
  readonly reference?: Subject;
  /** Subjects of one set are held against each other: they are done in the same round, once the last of them is. Each is a set of its own unless told otherwise. */
  readonly setOf?: (subject: Subject) => unknown;
  /** Told of each subject as soon as it is done, so that it can be stored, and how long the reference took so far. */
  readonly onMeasured?: (subject: Subject, measurement: Measurement, referenceMs: readonly number[]) => void;
}

/** Runs compared to tell whether a subject is warm. */
const WARM_UP_WINDOW = 2;

/** No subject is warm before. */
export const FEWEST_WARM_UPS = 2 * WARM_UP_WINDOW;

/**
 * Measures subjects side by side: warms each up until it no longer gets faster, then samples in rounds, each subject
 * once a round in a random order, until its median is known well enough or time runs out. So what disturbs the machine
 * for a while falls on all subjects alike, and none always runs behind the same other (random interleaving, as in Google
 * Benchmark's user guide).
 *
 * The interval is looked at after every round, so it holds the median somewhat less than 95% of the time.
 * @returns measurements in the order of the subjects
 * @throws SnapEvoError `LATENCY_TIME_INVALID` for a time that is none; whatever the stopwatch throws
 */
export async function measureInterleaved<Subject>(
  subjects: readonly Subject[],
  stopwatch: Stopwatch<Subject>,
  settings: ProtocolSettings,
  { clock, random }: Seams,
  { reference, onMeasured, setOf }: Company<Subject> = {},
): Promise<Measurement[]> {
  const deadline = clock.elapsedMs() + settings.timeLimitMs;
  const isLate = (): boolean => clock.elapsedMs() >= deadline;
  const all = reference === undefined ? subjects : [...subjects, reference];
  const beside = [...all.keys()].slice(subjects.length);
  const cold = await warmUp(all, stopwatch, settings, { isLate, random });
  const samples = all.map((): number[] => []);
  const measured: Measurement[] = [];
  let open = subjects.map((_, index) => index);
  while (open.length > 0) {
    await sampleRound(all, samples, shuffle([...open, ...beside], random), stopwatch);
    const late = isLate();
    const samplesOf = (index: number): readonly number[] => samples[index] ?? [];
    const setOfIndex = (index: number): unknown => setOf?.(subjects[index] as Subject) ?? index;
    const unsettled = open.filter((index) => !isDone(samplesOf(index), samplesOf(index), settings, late));
    const waiting = new Set(unsettled.map(setOfIndex));
    for (const index of open.filter((each) => !waiting.has(setOfIndex(each)))) {
      const measurement = summarize(samplesOf(index), { settings, cold: cold.has(index) });
      measured[index] = measurement;
      onMeasured?.(subjects[index] as Subject, measurement, samplesOf(subjects.length));
    }
    open = open.filter((index) => waiting.has(setOfIndex(index)));
  }
  return measured;
}

/** Takes one sample of each of the subjects of that order. */
export async function sampleRound<Subject>(
  subjects: readonly Subject[],
  samples: readonly number[][],
  order: readonly number[],
  stopwatch: Stopwatch<Subject>,
): Promise<void> {
  for (const index of order) samples[index]?.push(await timeOnce(subjects[index] as Subject, stopwatch));
}

/**
 * Runs subjects in turn until none gets faster any more: the fastest of the last two runs is not faster than the
 * fastest of the two before. Noise only makes runs slower, so the fastest tells of warming up alone.
 * @returns indices of subjects that were still getting faster when the runs or the time ended
 */
export async function warmUp<Subject>(
  subjects: readonly Subject[],
  stopwatch: Stopwatch<Subject>,
  { maxWarmUps, warmUpTolerance }: ProtocolSettings,
  { isLate, random }: { readonly isLate: () => boolean; readonly random: RandomGenerator },
): Promise<ReadonlySet<number>> {
  const runs = subjects.map((): number[] => []);
  let cold = subjects.map((_, index) => index);
  for (let run = 0; run < maxWarmUps && cold.length > 0; run += 1) {
    if (isLate() && run > 0) break;
    await sampleRound(subjects, runs, shuffle(cold, random), stopwatch);
    cold = cold.filter((index) => !isWarm(runs[index] ?? [], warmUpTolerance));
  }
  return new Set(cold);
}

/**
 * Whether sampling may end.
 * @param samples how many there are counts
 * @param series whose median has to be known well enough
 */
export function isDone(
  samples: readonly number[],
  series: readonly number[],
  settings: ProtocolSettings,
  late: boolean,
): boolean {
  if (samples.length < Math.max(1, settings.minSamples)) return false;
  return late || samples.length >= settings.maxSamples || isSettled(series, settings);
}

/** A measurement of samples, with its warnings. @param series whose median had to be known; the samples unless given */
export function summarize(
  samplesMs: readonly number[],
  {
    settings,
    cold,
    series = samplesMs,
  }: { readonly settings: ProtocolSettings; readonly cold: boolean; readonly series?: readonly number[] },
): Measurement {
  const found: Record<Exclude<LatencyWarning, MachineWarning>, boolean> = {
    unstable: !isSettled(series, settings),
    'few-samples': samplesMs.length < FEWEST_FOR_INTERVAL,
    outliers: findOutliers(series).length > 0,
    drift: isDrifting(series),
    'not-warmed-up': cold,
  };
  const warnings = (Object.keys(found) as (keyof typeof found)[]).filter((name) => found[name]);
  return { samplesMs: [...samplesMs], medianMs: medianInterval(samplesMs), warnings };
}

function isSettled(series: readonly number[], { intervalShare }: ProtocolSettings): boolean {
  return series.length >= FEWEST_FOR_INTERVAL && relativeWidth(medianInterval(series)) <= intervalShare;
}

function isWarm(runs: readonly number[], tolerance: number): boolean {
  if (runs.length < 2 * WARM_UP_WINDOW) return false;
  const last = Math.min(...runs.slice(-WARM_UP_WINDOW));
  const before = Math.min(...runs.slice(-2 * WARM_UP_WINDOW, -WARM_UP_WINDOW));
  return last >= before * (1 - tolerance);
}

async function timeOnce<Subject>(subject: Subject, stopwatch: Stopwatch<Subject>): Promise<number> {
  const ms = await stopwatch.time(subject);
  if (Number.isFinite(ms) && ms > 0) return ms;
  throw new SnapEvoError({
    code: 'LATENCY_TIME_INVALID',
    message: `expected a time above 0 ms, found ${ms}`,
    where: 'latency measuring',
    hint: 'the clock of the device worker went back or stands still; measure again',
    fault: 'internal',
  });
}
