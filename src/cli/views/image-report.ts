import { imageCost, type ImageCost } from '../../latency/image-cost.js';
import { isOf, pictureSubject, type ImagePart } from '../../latency/image-subject.js';
import type { Estimate } from '../../store/estimate.js';
import type { LatencyEntry } from '../../store/measurement-records.js';
import type { ArchitectureRecord } from '../../store/search-records.js';
import type { Store } from '../../store/store.js';
import { formatFigure, formatMeasured } from './figures.js';
import { timedPictures } from './latency-scope.js';

/** What the latencies of a search on whole pictures are made of, and how far they are from pictures that were made. */
export interface ImageReport {
  /** Beside the steps of the UNet; null before it is measured. */
  readonly cost: ImageCost | null;
  /** Made by the pipeline after the search. */
  readonly pictures: readonly TimedPicture[];
}

export interface TimedPicture {
  readonly role: 'original' | 'final';
  /** From caption to pixels. */
  readonly measuredMs: Estimate;
  /** Of text encoder, steps and decoder, each measured by itself: what the search went by. */
  readonly sumMs: number;
}

/** Null of a search on steps. */
export function reportImages(store: Store, runId: string): ImageReport | null {
  const settings = timedPictures(store.readRun(runId));
  if (settings === null) return null;
  const entries = store.readRunLatencies(runId);
  const entryOf = (part: ImagePart): LatencyEntry | undefined =>
    entries.find(({ subject }) => isOf(part, subject));
  const [textEncoder, decoder] = [entryOf('text encoder'), entryOf('decoder')];
  const isKnown = textEncoder !== undefined && decoder !== undefined;
  return {
    cost: isKnown ? imageCost(settings, textEncoder.medianMs, decoder.medianMs) : null,
    pictures: timedOnes(entries, store.readArchitectures(runId)),
  };
}

/** The report in lines. */
export function describeImages({ cost, pictures }: ImageReport): readonly string[] {
  return [...(cost === null ? [] : [describeCost(cost)]), ...pictures.map(describePicture)];
}

function describeCost({ steps, textEncoderRuns, textEncoderMs, decoderMs }: ImageCost): string {
  const text = `${textEncoderRuns} x ${formatFigure(textEncoderMs.value)} ms of the text encoder`;
  return `an image is ${steps} steps of the UNet, ${text} and ${formatFigure(decoderMs.value)} ms of the decoder`;
}

function describePicture({ role, measuredMs, sumMs }: TimedPicture): string {
  const share = measuredMs.value / sumMs - 1;
  const difference = `${Math.abs(100 * share).toFixed(1)}% ${share < 0 ? 'less' : 'more'}`;
  return `an image of the ${role} network took ${formatMeasured(measuredMs)} ms through the pipeline, ${difference} than the sum of its parts`;
}

function timedOnes(
  entries: readonly LatencyEntry[],
  architectures: readonly ArchitectureRecord[],
): readonly TimedPicture[] {
  return (['original', 'final'] as const).flatMap((role) => {
    const record = architectures.findLast((each) => each.role === role);
    const entry = entries.find(({ subject }) => subject === pictureSubject(record?.hash ?? ''));
    const sumMs = record?.measuredLatencyMs?.value;
    return entry === undefined || sumMs === undefined ? [] : [{ role, measuredMs: entry.medianMs, sumMs }];
  });
}
