import type { CalibrationNetwork, LatencyCalibration } from '../search/latency-table.js';

export interface CalibrationSettings {
  /** How many random networks are measured; none leaves the table as measured. */
  readonly architectures: number;
  /** For all of them together. */
  readonly timeLimitMs: number;
}

/** A whole network: what the table's sum says of it, and what it measured, in milliseconds. */
export type SummedNetwork = Omit<CalibrationNetwork, 'predictedMs'>;

/** Of what costs are multiplied by. Further off is no calibration but a measurement that went wrong. */
const [LEAST_FACTOR, GREATEST_FACTOR] = [0.5, 2];

/**
 * Holds a table against whole networks. What is wrong with its costs they have in common: a profiled kernel takes longer
 * for being profiled, the time between kernels is shared out as if each block had its part of it, and what caches do for
 * a block they also do for the one that comes in its place. So all are multiplied by one factor, which a handful of networks is enough for.
 * Each network's `predictedMs` is by the factor that the others alone would give: the error that a network never used
 * for calibration can be expected to have.
 * @param originalMs end to end
 */
export function calibrate(originalMs: number, networks: readonly SummedNetwork[]): LatencyCalibration {
  return {
    factor: costFactor(originalMs, networks),
    networks: networks.map((network, index) => {
      const factor = costFactor(originalMs, networks.toSpliced(index, 1));
      return { ...network, predictedMs: originalMs - factor * (originalMs - network.sumMs) };
    }),
  };
}

/**
 * The factor f of the least sum of squares of (original - f saving - measured) / measured, between the bounds; 1 where no network
 * saves anything.
 */
function costFactor(originalMs: number, networks: readonly SummedNetwork[]): number {
  let [dividend, divisor] = [0, 0];
  for (const { sumMs, measuredMs } of networks) {
    const saving = (originalMs - sumMs) / measuredMs;
    dividend += saving * (originalMs / measuredMs - 1);
    divisor += saving ** 2;
  }
  if (divisor === 0) return 1;
  return Math.min(GREATEST_FACTOR, Math.max(LEAST_FACTOR, dividend / divisor));
}
