import { describe, expect, test } from 'vitest';
import type { LatencyEntry } from '../../src/latency/latency-records.js';
import { ownLatenciesInMemory, TrustedLatencies } from '../../src/latency/trusted-latencies.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { smallKey } from './small-unet.js';

const newStore = (): MemoryStore => new MemoryStore({ nowMs: () => 0, drawSuffix: () => 0 });

const entry = (ms: number, ...flags: string[]): LatencyEntry => ({
  subject: 'a',
  method: 'isolated',
  samplesMs: [ms],
  medianMs: { value: ms, low: ms, high: ms },
  flags,
  measuredAtMs: 0,
});

const read = (latencies: TrustedLatencies): LatencyEntry | undefined =>
  latencies.readLatencyEntry(smallKey, 'a', 'isolated');

describe('what a run goes by', () => {
  test('is what others left stable, and stays so however often they measure again', () => {
    const store = newStore();
    store.putLatencyEntry(smallKey, entry(1, 'outliers'));
    const own = ownLatenciesInMemory();
    expect(read(new TrustedLatencies(store, own, { remeasure: false }))).toEqual(entry(1, 'outliers'));
    store.putLatencyEntry(smallKey, entry(2));
    expect(read(new TrustedLatencies(store, own, { remeasure: false }))).toEqual(entry(1, 'outliers'));
    expect(read(new TrustedLatencies(store, own, { remeasure: true }))).toEqual(entry(1, 'outliers'));
    const another = new TrustedLatencies(store, ownLatenciesInMemory(), { remeasure: false });
    expect(read(another)).toEqual(entry(2));
  });

  test.each(['unstable', 'throttled', 'busy-machine'])(
    'is its own, stable or not, and never what others left %s',
    (flag) => {
      const store = newStore();
      store.putLatencyEntry(smallKey, entry(1, flag));
      const own = ownLatenciesInMemory();
      const latencies = new TrustedLatencies(store, own, { remeasure: false });
      expect(read(latencies)).toBeUndefined();
      latencies.putLatencyEntry(smallKey, entry(2, 'unstable'));
      expect(read(latencies)).toEqual(entry(2, 'unstable'));
      expect(store.readLatencyEntry(smallKey, 'a', 'isolated')).toEqual(entry(2, 'unstable'));
    },
  );

  test('is its own alone where everything is to be measured again, also when it is resumed', () => {
    const store = newStore();
    store.putLatencyEntry(smallKey, entry(1));
    const own = ownLatenciesInMemory();
    const latencies = new TrustedLatencies(store, own, { remeasure: true });
    expect(read(latencies)).toBeUndefined();
    latencies.putLatencyEntry(smallKey, entry(2));
    expect(read(new TrustedLatencies(store, own, { remeasure: true }))).toEqual(entry(2));
  });
});
