import type { Architecture, PlacedBlock } from '../architecture/architecture.js';
import { isCopy, rootOf } from '../architecture/block.js';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { difference } from '../statistics/estimate.js';
import type { Estimate } from '../statistics/estimate.js';

/** A nanosecond, in milliseconds: no clock tells less from nothing. */
export const CLOCK_TICK_MS = 1e-6;

/** What a row rests on, for people to judge it by: nothing is decided by it. */
export interface LatencyEvidence {
  /** Of the block alone. */
  readonly isolatedMs: Estimate;
  /** Of the block inside the network; null where that cannot be told. */
  readonly inNetworkMs: Estimate | null;
  /** What is wrong with the measurements; empty when nothing is. */
  readonly warnings: readonly string[];
}

/** A row of the latency table T: what the block costs when it runs, and what is left of it when it is skipped. */
export interface BlockLatency {
  readonly block: string;
  readonly presentMs: Estimate;
  /** Zero of a block that keeps its shape; of others, the cost of the projection that remains. */
  readonly skippedMs: Estimate;
  /** By how much less it costs on weights of int8; absent where that was not asked for. */
  readonly int8SavingMs?: Estimate;
  readonly evidence?: LatencyEvidence;
}

/** Where a table's costs are from: blocks alone, blocks inside a whole network, or the mean of both. */
export type TableMethod = 'isolated' | 'in-network' | 'mean';

/** A whole network that a table was held against, in milliseconds. */
export interface CalibrationNetwork {
  readonly architectureHash: string;
  /** By the costs as measured, in the way that the device is measured in unless another fits better. */
  readonly sumMs: number;
  /** By what the other networks alone would have made of the costs. */
  readonly predictedMs: number;
  /** End to end. */
  readonly measuredMs: number;
}

/** What a table's costs were multiplied by, and on what grounds, for people to judge them by: nothing is decided by it. */
export interface LatencyCalibration {
  /** Where the costs are from that fit the networks best. */
  readonly method: TableMethod;
  readonly factor: number;
  readonly networks: readonly CalibrationNetwork[];
}

/** That a table was to be calibrated and was not: the fewest runs of the networks were foretold to take far longer than they may. For people, as what it is instead of. */
export interface SkippedCalibration {
  readonly fewestMs: number;
  readonly timeLimitMs: number;
}

/** The latency table T: a row for each block of the original. A copy costs what its root does. */
export type LatencyTable = readonly BlockLatency[];

/** A table as a meter gives it. */
export interface MeasuredBlocks {
  readonly entries: LatencyTable;
  /** What the entries' costs were calibrated with; none where they are as measured. */
  readonly calibration?: LatencyCalibration;
  readonly skippedCalibration?: SkippedCalibration;
}

/** A block as far as its cost depends on it. */
type CostlyBlock = Pick<PlacedBlock, 'id' | 'precision'>;

/**
 * What skipping the block saves, in the precision it has; adding it costs as much.
 * @throws SnapEvoError `SEARCH_TABLE_INCOMPLETE`
 */
export function savingMs(table: LatencyTable, block: CostlyBlock): Estimate {
  const { presentMs, skippedMs } = rowOf(table, block);
  const saving = difference(presentMs, skippedMs);
  return block.precision === 'int8' ? difference(saving, int8SavingMs(table, block)) : saving;
}

/** What weights of int8 save of a block in full precision. Throws as {@link savingMs} does. */
export function int8SavingMs(table: LatencyTable, block: CostlyBlock): Estimate {
  return rowOf(table, block).int8SavingMs ?? incomplete(block);
}

function rowOf(table: LatencyTable, block: CostlyBlock): BlockLatency {
  const root = rootOf(block.id);
  return table.find((entry) => entry.block === root) ?? incomplete(block);
}

function incomplete({ id, precision }: CostlyBlock): never {
  throw new SnapEvoError({
    code: 'SEARCH_TABLE_INCOMPLETE',
    message: `the latency table has no entry for the block in ${precision ?? 'float32'}`,
    where: id,
    fault: 'internal',
  });
}

/**
 * Latency of an architecture by the table's sum: what the original measured, less every removed block's saving and what int8 saves of others, plus
 * every copy's cost, in milliseconds. A forecast only: the budget is met by measurement alone.
 */
export function predictLatencyMs(
  table: LatencyTable,
  originalMs: number,
  architecture: Architecture,
): number {
  return architecture.blocks.reduce((sum, block) => {
    if (isCopy(block)) return sum + savingMs(table, block).value;
    if (!block.present) return sum - savingMs(table, block).value;
    return block.precision === 'int8' ? sum - int8SavingMs(table, block).value : sum;
  }, originalMs);
}
