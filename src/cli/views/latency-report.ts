import {
  describeLatencySummary,
  summarizeLatencyTable,
  type LatencySummary,
} from '../../latency/latency-summary.js';
import { describeTableError, tableErrorOf, type TableError } from '../../latency/table-error.js';
import type { LatencyScope } from '../../config/search-config.js';
import { isOf } from '../../latency/image-subject.js';
import { latencyWarnings, warningNames, type LatencyWarning } from '../../latency/latency-warning.js';
import type { CalibrationNetwork } from '../../search/latency-table.js';
import type { Baseline } from '../../search/state.js';
import type { ArchitectureRecord } from '../../store/search-records.js';
import type { Store } from '../../store/store.js';
import { describeImages, reportImages, type ImageReport } from './image-report.js';
import { latencyScope } from './latency-scope.js';
import { findSearchState } from '../search-run/read-search-state.js';

/** How far a search's latencies are to be trusted. */
export interface LatencyReport {
  /** What its latencies are of. */
  readonly scope: LatencyScope;
  /** Of the latency table; null before there is one. */
  readonly table: LatencySummary | null;
  /**
   * Of the table's sums, over the networks that the search measured and the table was not calibrated with; null as long as there are none.
   */
  readonly tableError: TableError | null;
  /** Of pictures; null where latencies are of a step. */
  readonly images: ImageReport | null;
  /** Of whole networks, measured end to end. */
  readonly networks: {
    readonly count: number;
    /** Each warning with the hashes of the architectures that it was given for. */
    readonly warnings: readonly {
      readonly warning: LatencyWarning;
      readonly architectures: readonly string[];
    }[];
  };
}

export function reportLatency(store: Store, runId: string): LatencyReport {
  const measured = store
    .readRunLatencies(runId, { method: 'end-to-end' })
    .filter(({ subject }) => !isOf('picture', subject));
  const warnings = warningNames.map((warning) => ({
    warning,
    architectures: measured.filter(({ flags }) => flags.includes(warning)).map(({ subject }) => subject),
  }));
  const baseline = findBaseline(store, runId);
  return {
    scope: latencyScope(store.readRun(runId)),
    images: reportImages(store, runId),
    table: summaryOf(baseline),
    tableError: tableErrorOf(
      predictedAndMeasured(store.readArchitectures(runId), baseline?.calibration?.networks ?? []),
    ),
    networks: {
      count: measured.length,
      warnings: warnings.filter(({ architectures }) => architectures.length > 0),
    },
  };
}

/** The report in lines, none where there is nothing to tell yet. */
export function describeLatencyReport({
  scope,
  images,
  table,
  tableError,
  networks,
}: LatencyReport): readonly string[] {
  return [
    ...(table === null ? [] : describeLatencySummary(table, scope)),
    ...(images === null ? [] : describeImages(images)),
    ...(tableError === null ? [] : [describeTableError(tableError)]),
    ...networks.warnings.map(
      ({ warning, architectures }) =>
        `${warning} (${architectures.length} of ${networks.count} whole networks): ${latencyWarnings[warning]}`,
    ),
  ];
}

function findBaseline(store: Store, runId: string): Baseline | undefined {
  const state = findSearchState(store, runId);
  return state !== undefined && 'baseline' in state ? state.baseline : undefined;
}

function summaryOf(baseline: Baseline | undefined): LatencySummary | null {
  if (baseline === undefined) return null;
  const { latencyMs: originalMs, table: rows, calibration = null, ...rest } = baseline;
  return summarizeLatencyTable({ ...rest, originalMs, rows, calibration });
}

/**
 * Each measurement once, though a network is a candidate first and current after. The original's own sum is what it measured, and
 * those that the table was calibrated with say nothing new of it.
 */
function predictedAndMeasured(
  architectures: readonly ArchitectureRecord[],
  calibratedWith: readonly CalibrationNetwork[],
): readonly { readonly predictedMs: number; readonly measuredMs: number }[] {
  const original = architectures.find(({ role }) => role === 'original')?.hash;
  const known = new Set([original, ...calibratedWith.map(({ architectureHash }) => architectureHash)]);
  const pairs = architectures.flatMap(({ hash, predictedLatencyMs: predictedMs, measuredLatencyMs }) =>
    known.has(hash) || predictedMs === null || measuredLatencyMs === null
      ? []
      : [
          [
            `${hash} ${measuredLatencyMs.value}`,
            { predictedMs, measuredMs: measuredLatencyMs.value },
          ] as const,
        ],
  );
  return [...new Map(pairs).values()];
}
