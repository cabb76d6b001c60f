import {
  describeLatencySummary,
  summarizeLatencyTable,
  type LatencySummary,
} from '../../latency/latency-summary.js';
import { describeTableError, tableErrorOf, type TableError } from '../../latency/table-error.js';
import type { LatencyScope } from '../../config/search-config.js';
import { isOf } from '../../latency/image-subject.js';
import { latencyWarnings, warningNames, type LatencyWarning } from '../../latency/latency-warning.js';
import type { SearchState } from '../../search/state.js';
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
  /** Of the table's sums; null as long as nothing but the original was measured. */
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
  return {
    scope: latencyScope(store.readRun(runId)),
    images: reportImages(store, runId),
    table: summaryOf(findSearchState(store, runId)),
    tableError: tableErrorOf(predictedAndMeasured(store.readArchitectures(runId))),
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

function summaryOf(state: SearchState | undefined): LatencySummary | null {
  if (state === undefined || !('baseline' in state)) return null;
  const { latencyMs: originalMs, table: rows } = state.baseline;
  return summarizeLatencyTable({ originalMs, rows });
}

/** Each measurement once, though a network is a candidate first and current after. The original's own sum is what it measured. */
function predictedAndMeasured(
  architectures: readonly ArchitectureRecord[],
): readonly { readonly predictedMs: number; readonly measuredMs: number }[] {
  const original = architectures.find(({ role }) => role === 'original')?.hash;
  const pairs = architectures.flatMap(({ hash, predictedLatencyMs: predictedMs, measuredLatencyMs }) =>
    hash === original || predictedMs === null || measuredLatencyMs === null
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
