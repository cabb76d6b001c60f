import { describe, expect, test } from 'vitest';
import type { CpuTimes } from '../../src/latency/clock.js';
import { systemClock } from '../../src/latency/clock.js';
import { watchMachine } from '../../src/latency/machine-watch.js';
import { hasMoved, isBusyWithOthers, machineWarnings } from '../../src/latency/machine-warnings.js';
import { skewedNoise } from './simulated-machine.js';

/** A reference of 2 ms, times a pace by the share of all samples that are over, with the noise of a calm machine. */
function reference(pace: (share: number) => number, deviation = 0.03, count = 90): number[] {
  const noise = skewedNoise(4, deviation);
  return Array.from({ length: count }, (_, index) => 2 * pace(index / count) * noise());
}

describe('a reference', () => {
  test('says nothing of a calm machine, or by few samples', () => {
    expect(machineWarnings(reference(() => 1))).toEqual([]);
    expect(machineWarnings(reference((share) => 1 + 0.08 * share))).toEqual([]);
    expect(machineWarnings(reference((share) => 1 + share).slice(0, 17))).toEqual([]);
    expect(machineWarnings([])).toEqual([]);
  });

  test('tells a machine that gets slower and slower from one that is busy', () => {
    expect(machineWarnings(reference((share) => 1 + 0.5 * share))).toEqual(['throttled']);
    expect(machineWarnings(reference((share) => (share < 0.5 ? 1 : 1.3)))).toEqual(['throttled']);
    expect(machineWarnings(reference((share) => 1.5 - 0.5 * share))).toEqual(['busy-machine']);
    expect(machineWarnings(reference(() => 1, 0.4))).toEqual(['busy-machine']);
  });

  test('is not disturbed by a few interruptions', () => {
    const interrupted = reference(() => 1).map((ms, index) => (index % 10 === 0 ? 20 * ms : ms));
    expect(machineWarnings(interrupted)).toEqual([]);
  });

  test('has moved by more than a tenth, either way', () => {
    expect([1.09, 0.91].map((ms) => hasMoved(ms, 1))).toEqual([false, false]);
    expect([1.11, 0.89].map((ms) => hasMoved(ms, 1))).toEqual([true, true]);
  });
});

describe('the processors', () => {
  const start: CpuTimes = { totalMs: 1000, busyMs: 600, ownMs: 100 };
  /** After ten seconds of a machine, of whose time so much was taken. */
  const later = (own: number, others: number): CpuTimes => ({
    totalMs: start.totalMs + 10_000,
    busyMs: start.busyMs + (own + others) * 10_000,
    ownMs: start.ownMs + own * 10_000,
  });

  test.each([
    { own: 0.9, others: 0.02, isBusy: false },
    { own: 0.5, others: 0.4, isBusy: true },
    { own: 0.1, others: 0.3, isBusy: false },
    { own: 0, others: 0.9, isBusy: true },
  ])('own $own, others $others', ({ own, others, isBusy }) => {
    expect(isBusyWithOthers(start, later(own, others))).toBe(isBusy);
  });

  test('that no time passed for say nothing', () => {
    expect(isBusyWithOthers(start, start)).toBe(false);
  });

  test('and the reference are watched together, each said once', () => {
    const readings = [start, later(0.4, 0.5)];
    const watch = (): ReturnType<typeof watchMachine> => {
      const left = [...readings];
      return watchMachine({ ...systemClock, cpuTimes: () => left.shift() ?? start });
    };
    expect(watch()(reference(() => 1))).toEqual(['busy-machine']);
    expect(watch()(reference((share) => 1 + share))).toEqual(['throttled', 'busy-machine']);
    expect(watch()(reference(() => 1, 0.4))).toEqual(['busy-machine']);
    const { elapsedMs, nowMs } = systemClock;
    expect(watchMachine({ elapsedMs, nowMs })(reference(() => 1))).toEqual([]);
  });

  test('of this machine are counted', () => {
    const times = systemClock.cpuTimes?.();
    expect(times?.totalMs).toBeGreaterThanOrEqual(times?.busyMs ?? Infinity);
    expect(times?.ownMs).toBeGreaterThan(0);
  });
});
