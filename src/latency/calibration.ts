import type { CalibrationNetwork, LatencyCalibration, TableMethod } from '../search/latency-table.js';

export interface CalibrationSettings {
  /** How many random networks are measured; none leaves the table as measured. */
  readonly architectures: number;
  /** For all of them together. */
  readonly timeLimitMs: number;
}

/** A whole network, end to end. */
export interface WholeNetwork {
  readonly architectureHash: string;
  readonly measuredMs: number;
}

/** What the networks take by costs measured in one way, in their order. */
export interface NetworkSums {
  readonly method: TableMethod;
  readonly sumsMs: readonly number[];
}

/** A way of measuring, with what its costs say of the networks as shares of what each takes. */
interface Way {
  readonly method: TableMethod;
  readonly savings: readonly Saving[];
}

interface Saving {
  readonly bySum: number;
  readonly measured: number;
}

interface Fit {
  readonly method: TableMethod;
  readonly factor: number;
  /** Mean square of what calibrated sums are off by, as shares. */
  readonly misfit: number;
}

/** Of what costs are multiplied by. Further off is no calibration but a measurement that went wrong: costs are left as they are. */
const [LEAST_FACTOR, GREATEST_FACTOR] = [0.2, 5];

/** Another way than the first is clearly better with less than that share of its misfit: errors half as large. */
const CLEARLY_LESS = 0.25;

/**
 * Holds a table against whole networks. What is wrong with its costs they have largely in common: a profiled kernel
 * takes longer for being profiled, the time between kernels is shared out as if each block had its part of it, and the
 * machine was busier while one thing was measured than another. So all are multiplied by one factor, which a handful
 * of networks is enough for. What costs don't have in common is noise, and a machine that was busy for a moment leaves
 * more of it in one way of measuring than in the other: where another fits the networks clearly better than the first,
 * costs are taken from there.
 *
 * Each network's `predictedMs` is by what the others alone would have led to, the way of measuring included: the error
 * to be expected of a network that was never used for calibration. Where that is no less than the error of costs as measured, those are left
 * as they are.
 * @param originalMs end to end
 * @param sums by the costs as measured; the way to be preferred first
 */
export function calibrate(
  originalMs: number,
  networks: readonly WholeNetwork[],
  sums: readonly [NetworkSums, ...NetworkSums[]],
): LatencyCalibration {
  const sumOf = (method: TableMethod, index: number): number =>
    sums.find((each) => each.method === method)?.sumsMs[index] ?? originalMs;
  const ways = sums.map(({ method }) => ({
    method,
    savings: networks.map(({ measuredMs }, index) => ({
      bySum: (originalMs - sumOf(method, index)) / measuredMs,
      measured: originalMs / measuredMs - 1,
    })),
  }));
  const { method, factor } = bestFit(ways);
  const held = networks.map(({ architectureHash, measuredMs }, index) => {
    const others = bestFit(ways.map((way) => ({ ...way, savings: way.savings.toSpliced(index, 1) })));
    const predictedMs = originalMs - others.factor * (originalMs - sumOf(others.method, index));
    return { architectureHash, sumMs: sumOf(sums[0].method, index), predictedMs, measuredMs };
  });
  if (isHelpful(factor, held)) return { method, factor, networks: held };
  const asMeasured = held.map((network) => ({ ...network, predictedMs: network.sumMs }));
  return { method: sums[0].method, factor: 1, networks: asMeasured };
}

/** Whether calibrating foretells networks that it doesn't know better than costs as measured do, by a factor that may be true. */
function isHelpful(factor: number, held: readonly CalibrationNetwork[]): boolean {
  if (factor <= LEAST_FACTOR || factor >= GREATEST_FACTOR) return false;
  const errorOf = (foretold: (network: CalibrationNetwork) => number): number =>
    mean(held.map((network) => Math.abs(foretold(network) / network.measuredMs - 1)));
  return errorOf(({ predictedMs }) => predictedMs) < errorOf(({ sumMs }) => sumMs);
}

function bestFit(ways: readonly Way[]): Fit {
  return ways.map(fit).reduce((best, other) => (other.misfit < CLEARLY_LESS * best.misfit ? other : best));
}

/** The factor of the least mean square, between the bounds; 1 where no network saves anything. */
function fit({ method, savings }: Way): Fit {
  const squares = mean(savings.map(({ bySum }) => bySum ** 2));
  const products = mean(savings.map(({ bySum, measured }) => bySum * measured));
  const least = squares === 0 ? 1 : products / squares;
  const factor = Math.min(GREATEST_FACTOR, Math.max(LEAST_FACTOR, least));
  return {
    method,
    factor,
    misfit: mean(savings.map(({ bySum, measured }) => (measured - factor * bySum) ** 2)),
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
