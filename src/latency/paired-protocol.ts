import type { Estimate } from '../statistics/estimate.js';
import { medianInterval, pairwiseRatios } from './latency-statistics.js';
import {
  FEWEST_WARM_UPS,
  isDone,
  sampleRound,
  summarize,
  warmUp,
  type Measurement,
  type ProtocolSettings,
  type Seams,
  type Stopwatch,
} from './measuring-protocol.js';
import { shuffle } from './shuffle.js';

/** A subject measured beside a reference. */
export interface PairedMeasurement {
  readonly subject: Measurement;
  readonly reference: Measurement;
  /** Each round's subject over its reference. */
  readonly ratios: readonly number[];
  /** Median of the ratios: what slows the machine for longer than a round cancels out. */
  readonly ratio: Estimate;
}

/** What a subject would take beside a reference that is as slow, if no more were taken than the fewest samples: those are taken whatever the time limit. */
export function fewestPairedMs({ minSamples }: ProtocolSettings, referenceMs: number): number {
  return 2 * (minSamples + FEWEST_WARM_UPS) * referenceMs;
}

/**
 * Measures a subject and a reference in rounds of one run each, in random order, until the median of their ratio is
 * known well enough or time runs out. Warnings of the subject are those of the ratios.
 * @throws as `measureInterleaved` does
 */
export async function measurePaired<Subject>(
  subject: Subject,
  reference: Subject,
  stopwatch: Stopwatch<Subject>,
  settings: ProtocolSettings,
  { clock, random }: Seams,
): Promise<PairedMeasurement> {
  const deadline = clock.elapsedMs() + settings.timeLimitMs;
  const isLate = (): boolean => clock.elapsedMs() >= deadline;
  const subjects = [subject, reference];
  const cold = await warmUp(subjects, stopwatch, settings, { isLate, random });
  const [own, others]: [number[], number[]] = [[], []];
  const isOver = (): boolean => isDone(own, pairwiseRatios(own, others), settings, isLate());
  while (!isOver()) await sampleRound(subjects, [own, others], shuffle([0, 1], random), stopwatch);
  const ratios = pairwiseRatios(own, others);
  return {
    subject: summarize(own, { settings, cold: cold.has(0), series: ratios }),
    reference: summarize(others, { settings, cold: cold.has(1) }),
    ratios,
    ratio: medianInterval(ratios),
  };
}
