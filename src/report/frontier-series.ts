import type { LatencyScope } from '../config/search-config.js';
import type { Estimate } from '../statistics/estimate.js';
import type { RunRecord } from '../store/run-record.js';
import type { ArchitectureRecord, ArchitectureRole, RoundRecord } from '../store/search-records.js';
import { paretoFront } from './pareto-front.js';

/** One architecture tried, as a point of the plot. */
export interface FrontierPoint {
  readonly round: number;
  readonly role: ArchitectureRole;
  readonly hash: string;
  readonly parentHash: string | null;
  readonly parameterCount: number;
  /** Blocks that run on weights of int8. */
  readonly int8Blocks: number;
  /** Of what the series' scope says. Without an interval (`low = value = high`) when it is predicted. */
  readonly latencyMs: Estimate;
  /** True when the latency is the sum of the table's entries and not measured end to end. */
  readonly isPredicted: boolean;
  readonly clipScore: Estimate;
}

/** How far the latency table's sums were off from what networks measured. */
export interface TableErrorNote {
  readonly networkCount: number;
  /** Mean share, without its sign. */
  readonly meanAbsoluteShare: number;
}

/** What is told of a run's latencies. */
export interface FrontierNotes {
  /** What they are of; a step unless told otherwise. */
  readonly scope?: LatencyScope;
  readonly tableError?: TableErrorNote | null;
  /** How many blocks an architecture, by its canonical form, has on weights of int8; none unless told otherwise. */
  readonly countInt8Blocks?: (canonicalForm: string) => number;
}

/** What a run's frontier plot shows: data only. */
export interface FrontierSeries {
  readonly runId: string;
  readonly runName: string;
  readonly deviceFingerprint: string;
  /** What latencies and budget are of: one forward of the UNet, or a whole picture. */
  readonly scope: LatencyScope;
  /** In the order tried. */
  readonly points: readonly FrontierPoint[];
  /** What the search stood on, one after the other: the original, each round's outcome, the final one. */
  readonly path: readonly FrontierPoint[];
  /**
   * Of what the search stood on, the measured points that no other of them beats, by latency: what a table predicts is no ground to stand
   * on, nor is the score of a candidate, by few captions and the luckiest of many.
   */
  readonly front: readonly FrontierPoint[];
  readonly original: FrontierPoint | null;
  readonly final: FrontierPoint | null;
  readonly budgetMs: number | null;
  /** Architectures on record that have no score or no latency yet and so no point. */
  readonly omittedCount: number;
  /** Null where no network was both predicted and measured. */
  readonly tableError: TableErrorNote | null;
}

const certain = (value: number): Estimate => ({ value, low: value, high: value });

function toPoint(
  record: ArchitectureRecord,
  countInt8Blocks: (canonicalForm: string) => number,
): FrontierPoint | undefined {
  const { round, role, hash, parentHash, parameterCount, clipScore, measuredLatencyMs, predictedLatencyMs } =
    record;
  const isPredicted = measuredLatencyMs === null;
  const latencyMs = measuredLatencyMs ?? (predictedLatencyMs === null ? null : certain(predictedLatencyMs));
  if (clipScore === null || latencyMs === null) return undefined;
  const int8Blocks = countInt8Blocks(record.canonicalForm);
  return { round, role, hash, parentHash, parameterCount, int8Blocks, latencyMs, isPredicted, clipScore };
}

const pathOrder: Readonly<Record<ArchitectureRole, number>> = {
  original: 0,
  current: 1,
  candidate: 2,
  final: 3,
};

function pathOf(points: readonly FrontierPoint[]): readonly FrontierPoint[] {
  const original = points.find((point) => point.role === 'original');
  const steps = points.filter((point) => point.role === 'current' || point.role === 'final');
  steps.sort((a, b) => pathOrder[a.role] - pathOrder[b.role] || a.round - b.round);
  return original === undefined ? steps : [original, ...steps];
}

/**
 * Makes the series of a run from what the store has of it.
 * @param architectures as `Store.readArchitectures` returns them
 * @param rounds as `Store.readRounds` returns them; the last one's budget is shown
 */
export function frontierSeries(
  run: Pick<RunRecord, 'id' | 'name' | 'deviceFingerprint'>,
  architectures: readonly ArchitectureRecord[],
  rounds: readonly RoundRecord[],
  { scope = 'step', tableError = null, countInt8Blocks = () => 0 }: FrontierNotes = {},
): FrontierSeries {
  const points = architectures
    .map((record) => toPoint(record, countInt8Blocks))
    .filter((point) => point !== undefined);
  return {
    runId: run.id,
    runName: run.name,
    deviceFingerprint: run.deviceFingerprint,
    scope,
    points,
    path: pathOf(points),
    front: paretoFront(
      points.filter(({ isPredicted, role }) => !isPredicted && role !== 'candidate'),
      (point) => ({ cost: point.latencyMs.value, quality: point.clipScore.value }),
    ),
    original: points.find((point) => point.role === 'original') ?? null,
    final: points.findLast((point) => point.role === 'final') ?? null,
    budgetMs: rounds.at(-1)?.budgetMs ?? null,
    omittedCount: architectures.length - points.length,
    tableError:
      tableError === null
        ? null
        : { networkCount: tableError.networkCount, meanAbsoluteShare: tableError.meanAbsoluteShare },
  };
}
