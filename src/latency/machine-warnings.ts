import { quantile } from 'simple-statistics';
import type { CpuTimes } from './clock.js';
import { FEWEST_FOR_INTERVAL, medianInterval } from './latency-statistics.js';
import type { LatencyWarning } from './latency-warning.js';

/** What tells of the machine rather than of what was measured on it. */
export type MachineWarning = Extract<LatencyWarning, 'throttled' | 'busy-machine' | 'reference-moved'>;

/** How far the same work may move from one time to another before it is said. */
const STEADY_SHARE = 0.1;

/** Half of the samples of undisturbed work lie within a few per cent of each other. */
const CALM_SPREAD = 0.2;

/** Of the machine's cores: what others may take, and what has to be idle for more of it not to matter. */
const [MODEST_SHARE, ROOMY_SHARE] = [0.1, 0.5];

/** Whether a reference takes another time than when it was first measured. */
export function hasMoved(ms: number, firstMs: number): boolean {
  return Math.abs(ms / firstMs - 1) > STEADY_SHARE;
}

/**
 * What a reference says of the machine, which was run all the while in turn with what was measured. `throttled`: it got slower from
 * the first third to the last by more than a tenth, the medians' intervals apart. `busy-machine`: it got faster by as
 * much, so that something ended meanwhile, or the quartiles lie more than a fifth of the median apart.
 * @param referenceMs in the order taken
 */
export function machineWarnings(referenceMs: readonly number[]): MachineWarning[] {
  const third = Math.floor(referenceMs.length / 3);
  if (third < FEWEST_FOR_INTERVAL) return [];
  const first = medianInterval(referenceMs.slice(0, third));
  const last = medianInterval(referenceMs.slice(-third));
  if (first.high < last.low && last.value > first.value * (1 + STEADY_SHARE)) return ['throttled'];
  if (last.high < first.low && first.value > last.value * (1 + STEADY_SHARE)) return ['busy-machine'];
  const samples = [...referenceMs];
  const spread = quantile(samples, 0.75) - quantile(samples, 0.25);
  return spread > CALM_SPREAD * quantile(samples, 0.5) ? ['busy-machine'] : [];
}

/** Whether other processes took more than a tenth of the machine's cores between two readings, and less than half was idle. */
export function isBusyWithOthers(before: CpuTimes, after: CpuTimes): boolean {
  const totalMs = after.totalMs - before.totalMs;
  if (totalMs <= 0) return false;
  const busyMs = after.busyMs - before.busyMs;
  const othersMs = busyMs - (after.ownMs - before.ownMs);
  return othersMs > MODEST_SHARE * totalMs && totalMs - busyMs < ROOMY_SHARE * totalMs;
}
