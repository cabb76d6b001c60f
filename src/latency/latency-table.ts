import type { Architecture } from '../architecture/architecture.js';
import { isCopy, rootOf } from '../architecture/block.js';
import type { Estimate } from '../statistics/estimate.js';
import type {
  BlockLatency,
  LatencyCalibration,
  LatencyEvidence,
  SkippedCalibration,
  TableMethod,
} from '../search/latency-table.js';
import { blockSites, type BlockSite } from '../model/unet-layout.js';
import type { UNetConfig } from '../model/unet-config.js';
import { leavesProjection } from './block-graph.js';
import { aloneSubject, EMPTY_SUBJECT } from './block-subject.js';
import type { LatencyEntry, LatencyTableKey } from './latency-records.js';
import { medianInterval, pairwiseRatios } from './latency-statistics.js';
import { difference, scale, sum, ZERO } from '../statistics/estimate.js';
import type { ProfiledNetwork, ProfiledNetworks } from './measure-blocks-in-network.js';

/** What a block costs when it runs, and what is left of it when it is skipped. */
export type BlockCost = Pick<BlockLatency, 'presentMs' | 'skippedMs'>;

/** A block's row in the latency table T; `presentMs` and `skippedMs` are those of the table's method, times its calibration's factor. */
export interface LatencyTableRow extends BlockLatency {
  /** What removing the block saves, adding it costs: `presentMs - skippedMs`. */
  readonly savingMs: Estimate;
  /** Whether the saving is told from nothing. */
  readonly isAboveNoise: boolean;
  /** As measured. */
  readonly isolated: BlockCost;
  /** As measured; null where the execution provider has no profile, and no time was left to take a difference. */
  readonly inNetwork: BlockCost | null;
  /** By which share of the cost inside the network the cost alone differs from it; null without the former. */
  readonly gap: number | null;
  /** Its warnings are names of `LatencyWarning`s of the measurements that the costs are made of. */
  readonly evidence: LatencyEvidence;
}

/** The latency table T of one UNet. */
export interface LatencyTable {
  readonly key: LatencyTableKey;
  readonly method: TableMethod;
  /** The original, end to end. */
  readonly originalMs: Estimate;
  /** Names of `LatencyWarning`s of that measurement. */
  readonly originalWarnings: readonly string[];
  /** In the order the blocks run. */
  readonly rows: readonly LatencyTableRow[];
  /** Null where costs are as measured. */
  readonly calibration: LatencyCalibration | null;
  /** Absent where it was calibrated, or was not to be. */
  readonly skippedCalibration?: SkippedCalibration;
}

/** As much of a table as a search keeps. */
export interface KeptTable {
  /** The original, end to end. */
  readonly originalMs: Estimate;
  readonly rows: readonly BlockLatency[];
  /** Null where costs are as measured. */
  readonly calibration: LatencyCalibration | null;
  readonly skippedCalibration?: SkippedCalibration;
}

/** The measurements that a table is made of. */
export interface TableParts {
  readonly config: UNetConfig;
  readonly key: LatencyTableKey;
  /** The original, end to end. */
  readonly original: LatencyEntry;
  /** By `aloneSubject`. */
  readonly alone: ReadonlyMap<string, LatencyEntry>;
  /** Null where the execution provider has no profile. */
  readonly networks: ProfiledNetworks | null;
  /** Where it has none, the network without a block, end to end, by block; empty where that took too long. */
  readonly withoutBlock?: ReadonlyMap<string, LatencyEntry>;
}

/** A cost, and the warnings of the measurements behind it. */
interface Found {
  readonly cost: BlockCost;
  readonly warnings: readonly string[];
}

/**
 * Puts a table together, by costs of each way of measuring that there is; the first is the one to be preferred.
 *
 * Where there is a profile, that is the mean of a block's cost inside the network and of its cost alone. Inside, it runs
 * with the caches, memory and threads that its neighbours leave it, its kernels are timed in one forward with all the
 * others', so a busy machine slows both sides of the share that is taken, and no call, copy or clock of ours is in it.
 * Alone, a small block is timed mostly on warm caches and less what an empty run takes; but it is timed until its median
 * is known, and a profile is not. The two are apart by more than their noise, by kinds of block, and which is right nothing
 * tells; their noise has little in common, so that the mean differs less from one build of the table to the next than
 * either. `gap` tells how far the two are apart.
 *
 * Without a profile, what a block costs inside is the difference between the original and the network without it. Differences of long times
 * are noisy, so that blocks alone are then preferred.
 */
export function assembleLatencyTables(parts: TableParts): readonly [LatencyTable, ...LatencyTable[]] {
  const alone = assembleTable(parts, 'isolated');
  const inside = assembleTable(parts, 'in-network');
  if (parts.networks !== null) return [assembleTable(parts, 'mean'), inside, alone];
  return inside.rows.some(({ inNetwork }) => inNetwork === null) ? [alone] : [alone, inside];
}

function assembleTable(parts: TableParts, method: TableMethod): LatencyTable {
  const { key, original } = parts;
  return {
    key,
    method,
    originalMs: original.medianMs,
    originalWarnings: original.flags,
    rows: blockSites(parts.config).map((site) => assembleRow(parts, method, site)),
    calibration: null,
  };
}

/** The table of the calibration's way of measuring, all costs times its factor; what each rests on is left as it is. */
export function calibratedTable(
  tables: readonly [LatencyTable, ...LatencyTable[]],
  calibration: LatencyCalibration,
): LatencyTable {
  const { method, factor } = calibration;
  const table = tables.find((each) => each.method === method) ?? tables[0];
  const rows = table.rows.map((row) => ({
    ...row,
    presentMs: scale(row.presentMs, factor),
    skippedMs: scale(row.skippedMs, factor),
    savingMs: scale(row.savingMs, factor),
  }));
  return { ...table, rows, calibration };
}

/** What an architecture takes by the table: the original less what each removed block saves, plus what each copy costs. */
export function sumMs(
  { originalMs, rows }: Pick<LatencyTable, 'originalMs' | 'rows'>,
  { blocks }: Architecture,
): number {
  const savingsMs = new Map(rows.map(({ block, savingMs }) => [block, savingMs.value]));
  return blocks.reduce((totalMs, block) => {
    const savingMs = savingsMs.get(rootOf(block.id)) ?? 0;
    if (isCopy(block)) return totalMs + savingMs;
    return block.present ? totalMs : totalMs - savingMs;
  }, originalMs.value);
}

/** The row as the search keeps it. */
export function toBlockLatency(row: LatencyTableRow): BlockLatency {
  const { block, presentMs, skippedMs, evidence } = row;
  return { block, presentMs, skippedMs, evidence };
}

/** What of the original no block accounts for: embeddings, resampling, joins, and what runs between kernels. */
export function restMs({ originalMs, rows }: Pick<KeptTable, 'originalMs' | 'rows'>): number {
  return rows.reduce((rest, { presentMs }) => rest - presentMs.value, originalMs.value);
}

/** By which share of the sum inside the network the blocks' costs alone sum up to more or less; null where none is known both ways. */
export function gapOfSums({ rows }: Pick<KeptTable, 'rows'>): number | null {
  let [alone, inside] = [0, 0];
  for (const { evidence } of rows) {
    if (evidence?.inNetworkMs === undefined || evidence.inNetworkMs === null) continue;
    alone += evidence.isolatedMs.value;
    inside += evidence.inNetworkMs.value;
  }
  return inside === 0 ? null : alone / inside - 1;
}

function assembleRow(parts: TableParts, method: TableMethod, site: BlockSite): LatencyTableRow {
  const isolated = costAlone(parts, site);
  const inNetwork =
    parts.networks === null
      ? costByDifference(parts, isolated.cost, site)
      : costInNetwork(parts, parts.networks, site);
  const { cost: chosen, warnings } = inNetwork === null ? isolated : byMethod(method, isolated, inNetwork);
  const savingMs = difference(chosen.presentMs, chosen.skippedMs);
  const gap = inNetwork === null ? null : gapBetween(isolated.cost, inNetwork.cost);
  return {
    block: site.id,
    ...chosen,
    savingMs,
    isAboveNoise: savingMs.low > 0,
    isolated: isolated.cost,
    inNetwork: inNetwork?.cost ?? null,
    gap,
    evidence: {
      isolatedMs: isolated.cost.presentMs,
      inNetworkMs: inNetwork?.cost.presentMs ?? null,
      warnings: [...new Set(warnings)].toSorted(),
    },
  };
}

function byMethod(method: TableMethod, isolated: Found, inNetwork: Found): Found {
  if (method !== 'mean') return method === 'isolated' ? isolated : inNetwork;
  const meanOf = (of: keyof BlockCost): Estimate => meanOfWays(isolated.cost[of], inNetwork.cost[of]);
  return {
    cost: { presentMs: meanOf('presentMs'), skippedMs: meanOf('skippedMs') },
    warnings: [...isolated.warnings, ...inNetwork.warnings],
  };
}

/** The mean, as uncertain as the two are, and as half of what lies between them: which of them is right, nothing tells. */
function meanOfWays(one: Estimate, other: Estimate): Estimate {
  const { value, low, high } = scale(sum(one, other), 0.5);
  const apart = (one.value - other.value) / 2;
  return {
    value,
    low: value - Math.hypot(value - low, apart),
    high: value + Math.hypot(high - value, apart),
  };
}

function gapBetween(isolated: BlockCost, inNetwork: BlockCost): number | null {
  const inside = inNetwork.presentMs.value;
  return inside > 0 ? isolated.presentMs.value / inside - 1 : null;
}

function costAlone({ config, key, alone }: TableParts, site: BlockSite): Found {
  const entryOf = (present: boolean): LatencyEntry | undefined =>
    alone.get(aloneSubject(config, { site, present }, key));
  const empty = alone.get(EMPTY_SUBJECT)?.medianMs ?? ZERO;
  const [present, skipped] = [entryOf(true), leavesProjection(site) ? entryOf(false) : undefined];
  return {
    cost: {
      presentMs: difference(present?.medianMs ?? ZERO, empty),
      skippedMs: skipped === undefined ? ZERO : difference(skipped.medianMs, empty),
    },
    warnings: [...(present?.flags ?? []), ...(skipped?.flags ?? [])],
  };
}

/**
 * A block's share of each forward's kernels, times what the whole costs end to end: kernels alone leave out what the
 * runtime does between them, and the profiler slows them down. What is left of skipped blocks ran in another network,
 * in turn with the original; it is held against the original's kernels of the same turn.
 */
function costInNetwork(
  { original }: TableParts,
  { original: full, stripped }: ProfiledNetworks,
  site: BlockSite,
): Found {
  const msPerShare = original.medianMs.value / sumOfShares(full);
  const cost = (network: ProfiledNetwork): Estimate => {
    const entry = network.blocks.get(site.id);
    if (entry === undefined) return ZERO;
    return scale(medianInterval(pairwiseRatios(entry.samplesMs, full.whole.samplesMs)), msPerShare);
  };
  const entries = [full.blocks.get(site.id), stripped.blocks.get(site.id)];
  return {
    cost: { presentMs: cost(full), skippedMs: leavesProjection(site) ? cost(stripped) : ZERO },
    warnings: entries.flatMap((entry) => entry?.flags ?? []),
  };
}

/** What is left of a skipped block is in the network without it, too, and known from measuring it alone. */
function costByDifference(
  { original, withoutBlock }: TableParts,
  { skippedMs }: BlockCost,
  site: BlockSite,
): Found | null {
  const without = withoutBlock?.get(site.id);
  if (without === undefined) return null;
  const { value, low, high } = without.medianMs;
  const originalMs = original.medianMs.value;
  const savingMs = { value: originalMs - value, low: originalMs - high, high: originalMs - low };
  return { cost: { presentMs: sum(savingMs, skippedMs), skippedMs }, warnings: without.flags };
}

/**
 * Sum of the median shares of all blocks and of the rest. Each forward's shares sum up to 1, but not their medians: where
 * interruptions fall on one block or another, the median of each leaves them out.
 */
function sumOfShares({ whole, blocks }: ProfiledNetwork): number {
  const shares = [...blocks.values()].map(({ samplesMs }) => pairwiseRatios(samplesMs, whole.samplesMs));
  const rest = whole.samplesMs.map((_, index) =>
    shares.reduce((left, ofBlock) => left - (ofBlock[index] ?? 0), 1),
  );
  return [...shares, rest].reduce((total, each) => total + medianInterval(each).value, 0);
}
