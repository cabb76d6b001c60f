import { quantile, sampleRankCorrelation } from 'simple-statistics';
import { tableErrorOf, type TableError } from '../../src/latency/table-error.js';
import type { Estimate } from '../../src/search/estimate.js';
import type { LatencyTable } from '../../src/latency/latency-table.js';

/** A network that the table was not calibrated with, in milliseconds a step. */
export interface HeldOutNetwork {
  readonly architectureHash: string;
  readonly removedBlocks: number;
  /** By the table's costs as measured. */
  readonly sumMs: number;
  /** By its calibrated costs. */
  readonly predictedMs: number;
  readonly measuredMs: Estimate;
  /** Names of `LatencyWarning`s. */
  readonly warnings: readonly string[];
}

/** How well a table foretells networks. */
export interface TableFigures {
  readonly errorBefore: TableError | null;
  readonly errorAfter: TableError | null;
  /** Spearman's, of calibrated predictions and measurements. */
  readonly rankCorrelation: number;
}

export function tableFigures(networks: readonly HeldOutNetwork[]): TableFigures {
  const measured = networks.map(({ measuredMs }) => measuredMs.value);
  const errorOf = (predict: (network: HeldOutNetwork) => number): TableError | null =>
    tableErrorOf(
      networks.map((network) => ({ predictedMs: predict(network), measuredMs: network.measuredMs.value })),
    );
  return {
    errorBefore: errorOf(({ sumMs }) => sumMs),
    errorAfter: errorOf(({ predictedMs }) => predictedMs),
    rankCorrelation: sampleRankCorrelation(
      networks.map(({ predictedMs }) => predictedMs),
      measured,
    ),
  };
}

/** By which share the blocks' costs of two builds of a table differ. */
export interface BuildDifference {
  readonly median: number;
  readonly ninetiethPercentile: number;
  readonly original: number;
}

export function buildDifference(
  first: Pick<LatencyTable, 'rows' | 'originalMs'>,
  second: Pick<LatencyTable, 'rows' | 'originalMs'>,
): BuildDifference {
  const earlier = new Map(first.rows.map(({ block, presentMs }) => [block, presentMs.value]));
  const shares = second.rows.map(({ block, presentMs }) =>
    Math.abs(presentMs.value / (earlier.get(block) ?? Number.NaN) - 1),
  );
  return {
    median: quantile(shares, 0.5),
    ninetiethPercentile: quantile(shares, 0.9),
    original: Math.abs(second.originalMs.value / first.originalMs.value - 1),
  };
}
