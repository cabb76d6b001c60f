import type { LatencyScope } from '../config/search-config.js';
import type { LatencyCalibration, SkippedCalibration, TableMethod } from '../search/latency-table.js';
import { difference } from '../statistics/estimate.js';
import { gapOfSums, restMs, type KeptTable } from './latency-table.js';
import { calibrationErrors, describeTableError, type TableError } from './table-error.js';
import { latencyWarnings, warningNames, type LatencyWarning } from './latency-warning.js';

/** What calibrating did to a table. */
export interface CalibrationSummary {
  /** Where the costs are from. */
  readonly method: TableMethod;
  /** That they were multiplied by. */
  readonly factor: number;
  /** Of the sums of costs as measured. */
  readonly errorBefore: TableError;
  /** Of calibrated sums, each network left out of the calibration that it is predicted by. */
  readonly errorAfter: TableError;
}

/** What a reader of a latency table should know before trusting it. */
export interface LatencySummary {
  readonly originalMs: number;
  /** Of the original, what no block accounts for. */
  readonly restMs: number;
  /** By which share the blocks alone sum up to more, or less, than inside the network; null where only one is known. */
  readonly gapOfSums: number | null;
  /** Null where costs are as measured. */
  readonly calibration: CalibrationSummary | null;
  /** Why they are, though they were to be calibrated; null where they were, or were not to be. */
  readonly skippedCalibration: SkippedCalibration | null;
  readonly blockCount: number;
  /** Blocks whose removal can't be told from nothing. */
  readonly withinNoise: readonly string[];
  /** Each warning with the blocks that it was given for. */
  readonly warnings: readonly { readonly warning: LatencyWarning; readonly blocks: readonly string[] }[];
}

/** Sums a table up. */
export function summarizeLatencyTable(table: KeptTable): LatencySummary {
  const { rows } = table;
  const warnings = warningNames.map((warning) => ({
    warning,
    blocks: rows.filter(({ evidence }) => evidence?.warnings.includes(warning)).map(({ block }) => block),
  }));
  const isWithinNoise = ({ presentMs, skippedMs }: KeptTable['rows'][number]): boolean =>
    difference(presentMs, skippedMs).low <= 0;
  return {
    originalMs: table.originalMs.value,
    restMs: restMs(table),
    gapOfSums: gapOfSums(table),
    calibration: table.calibration === null ? null : summarizeCalibration(table.calibration),
    skippedCalibration: table.skippedCalibration ?? null,
    blockCount: rows.length,
    withinNoise: rows.filter(isWithinNoise).map(({ block }) => block),
    warnings: warnings.filter(({ blocks }) => blocks.length > 0),
  };
}

const passes: Readonly<Record<LatencyScope, string>> = {
  step: 'one step of the original',
  image: 'one image of the original',
};

function summarizeCalibration(calibration: LatencyCalibration): CalibrationSummary | null {
  const { before, after } = calibrationErrors(calibration);
  if (before === null || after === null) return null;
  const { method, factor } = calibration;
  return { method, factor, errorBefore: before, errorAfter: after };
}

/** A summary in lines: what the blocks account for, how far the two ways of measuring and whole networks agree, and the warnings. */
export function describeLatencySummary(
  summary: LatencySummary,
  scope: LatencyScope = 'step',
): readonly string[] {
  const {
    originalMs,
    restMs: rest,
    gapOfSums: gap,
    calibration,
    skippedCalibration: skipped,
    blockCount,
    withinNoise,
    warnings,
  } = summary;
  const blocksMs = originalMs - rest;
  return [
    `${passes[scope]} takes ${originalMs.toFixed(2)} ms, its blocks ${blocksMs.toFixed(2)} ms of it`,
    ...(gap === null ? [] : [`measured alone, the blocks sum up to ${percent(gap)} than inside the network`]),
    ...(calibration === null ? [] : describeCalibration(calibration)),
    ...(skipped === null ? [] : [describeSkipped(skipped)]),
    ...(withinNoise.length === 0 ? [] : [`savings within the noise: ${withinNoise.join(', ')}`]),
    ...warnings.map(
      ({ warning, blocks }) =>
        `${warning} (${blocks.length} of ${blockCount} blocks): ${latencyWarnings[warning]}`,
    ),
    ...(warnings.some(({ blocks }) => 2 * blocks.length > blockCount)
      ? ['measured anew on a machine that does nothing else (--remeasure), the table would be better']
      : []),
  ];
}

/** Where costs are from, for people. */
export const methodNames: Readonly<Record<TableMethod, string>> = {
  isolated: 'alone',
  'in-network': 'inside the network',
  mean: 'alone and inside the network, on average',
};

function describeCalibration(summary: CalibrationSummary): readonly string[] {
  const { method, factor, errorBefore, errorAfter } = summary;
  return [
    `calibrated with random networks: costs are those measured ${methodNames[method]}, times ${factor.toFixed(3)}`,
    `before, ${describeTableError(errorBefore)}`,
    `after, each network predicted by the others' calibration, ${describeTableError(errorAfter)}`,
  ];
}

function describeSkipped({ fewestMs, timeLimitMs }: SkippedCalibration): string {
  return `not calibrated with random networks, whose fewest runs take ${seconds(fewestMs)} where ${seconds(timeLimitMs)} are allowed (latency.calibration.timeLimitMs, or --seconds of measure): costs are as measured`;
}

const seconds = (ms: number): string => `${Math.ceil(ms / 1000)} s`;

function percent(share: number): string {
  return `${Math.abs(100 * share).toFixed(1)}% ${share < 0 ? 'less' : 'more'}`;
}
