import type { LatencyCalibration } from '../search/latency-table.js';

/** How far a latency table's sums were off from what whole networks then measured. */
export interface TableError {
  /** That were both predicted and measured. */
  readonly networkCount: number;
  /** Mean share by which the sums were above the measurements; negative where below. */
  readonly meanShare: number;
  /** Mean of that share without its sign. */
  readonly meanAbsoluteShare: number;
}

/** @returns null without any network */
export function tableErrorOf(
  networks: readonly { readonly predictedMs: number; readonly measuredMs: number }[],
): TableError | null {
  if (networks.length === 0) return null;
  const shares = networks.map(({ predictedMs, measuredMs }) => predictedMs / measuredMs - 1);
  return {
    networkCount: shares.length,
    meanShare: mean(shares),
    meanAbsoluteShare: mean(shares.map(Math.abs)),
  };
}

/** Of a table on the networks it was calibrated with: by costs as measured, and by costs calibrated without the network in question. */
export function calibrationErrors({ networks }: LatencyCalibration): {
  readonly before: TableError | null;
  readonly after: TableError | null;
} {
  return {
    before: tableErrorOf(networks.map(({ sumMs, measuredMs }) => ({ predictedMs: sumMs, measuredMs }))),
    after: tableErrorOf(networks),
  };
}

/** `the table's sum was off by 4.9% on average, 4.9% too low, over 6 networks measured end to end` */
export function describeTableError({ networkCount, meanShare, meanAbsoluteShare }: TableError): string {
  const bias = `${percent(Math.abs(meanShare))} too ${meanShare < 0 ? 'low' : 'high'}`;
  const networks = networkCount === 1 ? '1 network' : `${networkCount} networks`;
  return `the table's sum was off by ${percent(meanAbsoluteShare)} on average, ${bias}, over ${networks} measured end to end`;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
