import { quantile, sampleRankCorrelation } from 'simple-statistics';
import { tableErrorOf, type TableError } from '../../src/latency/table-error.js';
import type { Estimate } from '../../src/statistics/estimate.js';
import type { LatencyTable, LatencyTableRow } from '../../src/latency/latency-table.js';
import type { TableMethod } from '../../src/search/latency-table.js';

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
}

export interface BuildDifferences {
  /** Of the original, end to end: the machine's pace. */
  readonly original: number;
  /** In milliseconds. */
  readonly inMs: BuildDifference;
  /** As shares of what the original took in the same build. */
  readonly asShares: BuildDifference;
  /** As shares, by costs as measured in each way. */
  readonly asSharesByMethod: Readonly<Record<TableMethod, BuildDifference>>;
}

type Built = Pick<LatencyTable, 'rows' | 'originalMs'>;
type CostOf = (row: LatencyTableRow) => number;

export function buildDifferences(first: Built, second: Built): BuildDifferences {
  const alone: CostOf = ({ isolated }) => isolated.presentMs.value;
  const inside: CostOf = ({ inNetwork }) => inNetwork?.presentMs.value ?? Number.NaN;
  const chosen: CostOf = ({ presentMs }) => presentMs.value;
  const shares = (costOf: CostOf): BuildDifference =>
    differenceOf(sharesOf(first, costOf), sharesOf(second, costOf));
  return {
    original: Math.abs(second.originalMs.value / first.originalMs.value - 1),
    inMs: differenceOf(first.rows.map(chosen), second.rows.map(chosen)),
    asShares: shares(chosen),
    asSharesByMethod: {
      isolated: shares(alone),
      'in-network': shares(inside),
      mean: shares((row) => (alone(row) + inside(row)) / 2),
    },
  };
}

/** @param first of the same blocks, in the same order, as the second */
function differenceOf(first: readonly number[], second: readonly number[]): BuildDifference {
  const differences = second.map((cost, index) => Math.abs(cost / (first[index] ?? Number.NaN) - 1));
  return { median: quantile(differences, 0.5), ninetiethPercentile: quantile(differences, 0.9) };
}

function sharesOf({ rows, originalMs }: Built, costOf: CostOf): number[] {
  return rows.map((row) => costOf(row) / originalMs.value);
}
