import { imageCost, type ImageCost } from '../../latency/image-cost.js';
import { isOf, pictureSubject, type ImagePart } from '../../latency/image-subject.js';
import { latencyWarnings, warningNames, type LatencyWarning } from '../../latency/latency-warning.js';
import type { Estimate } from '../../statistics/estimate.js';
import type { LatencyEntry } from '../../store/measurement-records.js';
import type { ArchitectureRecord } from '../../store/search-records.js';
import type { Store } from '../../store/store.js';
import { formatExcess, formatFigure, formatMeasured } from './figures.js';
import { timedPictures } from './latency-scope.js';

/** What the latencies of a search on whole pictures are made of, and how far they are from pictures that were made. */
export interface ImageReport {
  /** Beside the steps of the UNet; null before it is measured. */
  readonly cost: ImageCost | null;
  /** Made by the pipeline after the search. */
  readonly pictures: readonly TimedPicture[];
  /** Each warning with what it was given for: `text encoder`, `decoder`, `image of the final network`. */
  readonly warnings: readonly {
    readonly warning: LatencyWarning;
    readonly measurements: readonly string[];
  }[];
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
  const pictures = pictureEntries(entries, store.readArchitectures(runId));
  return {
    cost: isKnown ? imageCost(settings, textEncoder.medianMs, decoder.medianMs) : null,
    pictures: pictures.flatMap(timedPicture),
    warnings: warningsOf([
      ['text encoder', textEncoder],
      ['decoder', decoder],
      ...pictures.map(({ role, entry }) => [`image of the ${role} network`, entry] as const),
    ]),
  };
}

/** The report in lines. */
export function describeImages({ cost, pictures, warnings }: ImageReport): readonly string[] {
  return [
    ...(cost === null ? [] : [describeCost(cost)]),
    ...pictures.map(describePicture),
    ...warnings.map(
      ({ warning, measurements }) => `${warning} (${measurements.join(', ')}): ${latencyWarnings[warning]}`,
    ),
  ];
}

function describeCost({ steps, textEncoderRuns, textEncoderMs, decoderMs }: ImageCost): string {
  const text = `${textEncoderRuns} x ${formatFigure(textEncoderMs.value)} ms of the text encoder`;
  return `an image is ${steps} steps of the UNet, ${text} and ${formatFigure(decoderMs.value)} ms of the decoder`;
}

function describePicture({ role, measuredMs, sumMs }: TimedPicture): string {
  const excess = formatExcess(measuredMs.value, sumMs);
  return `an image of the ${role} network took ${formatMeasured(measuredMs)} ms through the pipeline, ${excess} than the sum of its parts`;
}

/** A network's picture, and the network. */
interface PictureEntry {
  readonly role: TimedPicture['role'];
  readonly entry: LatencyEntry;
  readonly record: ArchitectureRecord;
}

function pictureEntries(
  entries: readonly LatencyEntry[],
  architectures: readonly ArchitectureRecord[],
): readonly PictureEntry[] {
  return (['original', 'final'] as const).flatMap((role) => {
    const record = architectures.findLast((each) => each.role === role);
    const entry = entries.find(({ subject }) => subject === pictureSubject(record?.hash ?? ''));
    return record === undefined || entry === undefined ? [] : [{ role, entry, record }];
  });
}

function timedPicture({ role, entry, record }: PictureEntry): readonly TimedPicture[] {
  const sumMs = record.measuredLatencyMs?.value;
  return sumMs === undefined ? [] : [{ role, measuredMs: entry.medianMs, sumMs }];
}

function warningsOf(
  measured: readonly (readonly [name: string, entry: LatencyEntry | undefined])[],
): ImageReport['warnings'] {
  return warningNames
    .map((warning) => ({
      warning,
      measurements: measured.filter(([, entry]) => entry?.flags.includes(warning)).map(([name]) => name),
    }))
    .filter(({ measurements }) => measurements.length > 0);
}
