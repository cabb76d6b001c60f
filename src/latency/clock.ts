import { availableParallelism, cpus } from 'node:os';

/** Processor time since some moment in the past, of all cores together, in milliseconds. */
export interface CpuTimes {
  /** All there was: that of an idle core too. */
  readonly totalMs: number;
  /** Taken by anybody. */
  readonly busyMs: number;
  /** Taken by this process. */
  readonly ownMs: number;
}

/** Where time comes from. */
export interface Clock {
  /** Milliseconds since some moment in the past; never goes back. */
  readonly elapsedMs: () => number;
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: () => number;
  /** Who took the processors' time; absent where nobody knows. */
  readonly cpuTimes?: () => CpuTimes;
}

/** The clock of this machine. Who took the processors' time is known only where this process may use all of them: others' are none of its business. */
export const systemClock: Clock = {
  elapsedMs: () => performance.now(),
  nowMs: () => Date.now(),
  ...(availableParallelism() < cpus().length ? {} : { cpuTimes: machineCpuTimes }),
};

function machineCpuTimes(): CpuTimes {
  const times = cpus().map(({ times: each }) => each);
  const totalMs = sum(times.map(({ user, nice, sys, irq, idle }) => user + nice + sys + irq + idle));
  const { user, system } = process.cpuUsage();
  return { totalMs, busyMs: totalMs - sum(times.map(({ idle }) => idle)), ownMs: (user + system) / 1000 };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
