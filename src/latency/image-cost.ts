import type { Estimate } from '../statistics/estimate.js';
import type { BlockLatency, LatencyCalibration } from '../search/latency-table.js';
import type { LatencyEntry } from './latency-records.js';
import { scale, sum } from '../statistics/estimate.js';
import type { LatencyTable } from './latency-table.js';

/** What a text-to-image pass takes besides the step of the UNet, which is all that evolution changes. */
export interface ImageCost {
  /** Steps of the UNet, each of which evaluates it once. */
  readonly steps: number;
  /** Two under guidance: with the captions, and without. */
  readonly textEncoderRuns: number;
  /** One run. */
  readonly textEncoderMs: Estimate;
  readonly decoderMs: Estimate;
}

/** How pictures are made. */
export interface ImageSettings {
  /** Made in one pass. */
  readonly images: number;
  readonly steps: number;
  readonly guidanceScale: number;
}

/** The cost of pictures made that way, by one run of each model. */
export function imageCost(
  { steps, guidanceScale }: Pick<ImageSettings, 'steps' | 'guidanceScale'>,
  textEncoderMs: Estimate,
  decoderMs: Estimate,
): ImageCost {
  return { steps, textEncoderRuns: guidanceScale > 1 ? 2 : 1, textEncoderMs, decoderMs };
}

/** Text-to-image time, in milliseconds, by what a step of the UNet takes: independent estimates, so half-widths add in quadrature. */
export function imageMs(cost: ImageCost, stepMs: Estimate): Estimate {
  return sum(fixedMs(cost), scale(stepMs, cost.steps));
}

/** What every architecture's picture takes beside the steps. */
function fixedMs({ textEncoderRuns, textEncoderMs, decoderMs }: ImageCost): Estimate {
  return sum(scale(textEncoderMs, textEncoderRuns), decoderMs);
}

/** A whole network's step as a text-to-image pass. Its samples are what the pass would have taken with each. */
export function imageEntry(cost: ImageCost, entry: LatencyEntry): LatencyEntry {
  const fixed = fixedMs(cost).value;
  return {
    ...entry,
    samplesMs: entry.samplesMs.map((stepMs) => fixed + cost.steps * stepMs),
    medianMs: imageMs(cost, entry.medianMs),
  };
}

/** What a block costs in all steps of a picture. */
export function imageBlock<Row extends BlockLatency>({ steps }: ImageCost, row: Row): Row {
  const { presentMs, skippedMs, int8SavingMs, evidence } = row;
  return {
    ...row,
    presentMs: scale(presentMs, steps),
    skippedMs: scale(skippedMs, steps),
    ...(int8SavingMs === undefined ? {} : { int8SavingMs: scale(int8SavingMs, steps) }),
    ...(evidence === undefined
      ? {}
      : {
          evidence: {
            ...evidence,
            isolatedMs: scale(evidence.isolatedMs, steps),
            inNetworkMs: evidence.inNetworkMs === null ? null : scale(evidence.inNetworkMs, steps),
          },
        }),
  };
}

/** A table of a step as one of a text-to-image pass; gaps and noise, being shares, stay what they are. */
export function imageTable(cost: ImageCost, table: LatencyTable): LatencyTable {
  const ofAllSteps = (estimate: Estimate): Estimate => scale(estimate, cost.steps);
  return {
    ...table,
    originalMs: imageMs(cost, table.originalMs),
    calibration: table.calibration === null ? null : imageCalibration(cost, table.calibration),
    rows: table.rows.map((row) => ({
      ...imageBlock(cost, row),
      savingMs: ofAllSteps(row.savingMs),
      isolated: imageCosts(row.isolated, ofAllSteps),
      inNetwork: row.inNetwork === null ? null : imageCosts(row.inNetwork, ofAllSteps),
    })),
  };
}

/** What a table of steps was held against, as text-to-image passes; the factor stays what it is. */
export function imageCalibration(cost: ImageCost, calibration: LatencyCalibration): LatencyCalibration {
  const pass = (stepMs: number): number => fixedMs(cost).value + cost.steps * stepMs;
  return {
    ...calibration,
    networks: calibration.networks.map((network) => ({
      ...network,
      sumMs: pass(network.sumMs),
      predictedMs: pass(network.predictedMs),
      measuredMs: pass(network.measuredMs),
    })),
  };
}

function imageCosts(
  { presentMs, skippedMs }: LatencyTable['rows'][number]['isolated'],
  ofAllSteps: (estimate: Estimate) => Estimate,
): LatencyTable['rows'][number]['isolated'] {
  return { presentMs: ofAllSteps(presentMs), skippedMs: ofAllSteps(skippedMs) };
}
