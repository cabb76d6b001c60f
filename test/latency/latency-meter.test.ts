import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyBlock, originalArchitecture } from '../../src/architecture/architecture.js';
import { hashArchitecture } from '../../src/architecture/canonical-form.js';
import { REFERENCE_SUBJECT } from '../../src/latency/block-subject.js';
import { systemClock, type CpuTimes } from '../../src/latency/clock.js';
import type { LatencyJob, LatencySettings } from '../../src/latency/latency-job.js';
import { DeviceLatencyMeter } from '../../src/latency/latency-meter.js';
import type { LatencyEntry } from '../../src/latency/latency-records.js';
import { describeLatencySummary, summarizeLatencyTable } from '../../src/latency/latency-summary.js';
import { gapOfSums, restMs } from '../../src/latency/latency-table.js';
import { measureArchitecture } from '../../src/latency/measure-architecture.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import { parseDevice } from '../../src/runtime/device.js';
import { jobOn, meterOn, newStore, settings, SimulatedHost, without } from './simulated-device.js';
import { protocol } from './simulated-machine.js';
import { original, smallKey } from './small-unet.js';

describe('a meter', () => {
  test('stores everything under the key, and measures nothing twice', async () => {
    const [host, store] = [new SimulatedHost(), newStore()];
    const architecture = without('mid_block.resnets.0');
    const first = await meterOn(jobOn(host, store)).measureBlocks({ architecture: original });
    const latency = await meterOn(jobOn(host, store)).measureArchitecture({ architecture });
    const { opened } = host;
    expect(opened).toBeGreaterThan(10);
    expect(store.readLatencyTable(smallKey).length).toBeGreaterThan(10);
    expect(await meterOn(jobOn(host, store)).measureBlocks({ architecture: original })).toEqual(first);
    expect(await meterOn(jobOn(host, store)).measureArchitecture({ architecture })).toEqual(latency);
    expect(host.opened).toBe(opened);
    expect(host.open).toBe(0);
  });

  test.each([
    { protocol: 2 },
    { deviceFingerprint: 'another' },
    { dtype: 'float16' },
    { batchSize: 1 },
    { latentHeight: 16 },
    { latentWidth: 16 },
    { contextLength: 4 },
  ])('measures anew under another key: %o', async (change) => {
    const [host, store] = [new SimulatedHost(), newStore()];
    await meterOn(jobOn(host, store)).measureArchitecture({ architecture: original });
    await meterOn(jobOn(host, store, { key: { ...smallKey, ...change } })).measureArchitecture({
      architecture: original,
    });
    expect(host.opened).toBe(2);
    expect(store.readLatencyTable(smallKey)).toHaveLength(1);
    expect(store.readLatencyTable({ ...smallKey, ...change })).toHaveLength(1);
  });

  test('goes on where it was interrupted, at whatever entry', async () => {
    const all: LatencyEntry[] = [];
    const keep = (entry: LatencyEntry): void => void all.push(entry);
    await meterOn(jobOn(new SimulatedHost(), newStore(), { onEntry: keep })).measureTable();
    for (let survived = 1; survived < all.length; survived += 3) {
      const [host, store] = [new SimulatedHost(), newStore()];
      const stored: string[] = [];
      const die = ({ subject }: LatencyEntry): void => {
        stored.push(subject);
        if (stored.length === survived) throw new Error('killed');
      };
      await expect(meterOn(jobOn(host, store, { onEntry: die })).measureTable()).rejects.toThrow('killed');
      expect(host.open).toBe(0);
      const later: string[] = [];
      const note = ({ subject }: LatencyEntry): void => void later.push(subject);
      await meterOn(jobOn(host, store, { onEntry: note })).measureTable();
      expect([...stored, ...later].toSorted()).toEqual(all.map(({ subject }) => subject).toSorted());
    }
  });

  test('gives latencies that compare although the machine slowed down in between', async () => {
    const [host, store] = [new SimulatedHost(), newStore()];
    const meter = meterOn(jobOn(host, store));
    const whole = await meter.measureArchitecture({ architecture: original });
    const early = await meter.measureArchitecture({ architecture: without('mid_block.resnets.0') });
    host.pace = 3;
    const late = await measureArchitecture(jobOn(host, store), without('mid_block.resnets.1'));
    expect(late.entry.medianMs.value).toBeCloseTo(early.latencyMs.value, 1);
    expect(late.ratio.value).toBeLessThan(1);
    expect(late.ratio.value * whole.latencyMs.value).toBeCloseTo(late.entry.medianMs.value);
    expect(late.entry.flags).toEqual(['reference-moved']);
    expect(late.entry.samplesMs.every((ms) => ms < whole.latencyMs.value)).toBe(true);
  });

  test('measures again what was measured beside another figure of the original', async () => {
    const [host, store] = [new SimulatedHost(), newStore()];
    const architecture = without('mid_block.resnets.0');
    const before = await measureArchitecture(jobOn(host, store), architecture);
    const yardstick = store.readLatencyEntry(smallKey, hashArchitecture(original), 'end-to-end');
    if (yardstick === undefined) throw new Error('expected the original');
    const { value } = yardstick.medianMs;
    const measuredAtMs = host.machine.clock.nowMs() + 1;
    const medianMs = { value: 2 * value, low: 2 * value, high: 2 * value };
    store.putLatencyEntry(smallKey, { ...yardstick, medianMs, measuredAtMs });
    const after = await measureArchitecture(jobOn(host, store), architecture);
    expect(after.ratio.value).toBeCloseTo(before.ratio.value);
    expect(after.entry.medianMs.value).toBeCloseTo(2 * before.entry.medianMs.value);
    const { opened } = host;
    expect(await measureArchitecture(jobOn(host, store), architecture)).toEqual(after);
    expect(host.opened).toBe(opened);
  });

  test('tells what blocks cost inside the network where there is no profile, by networks without them', async () => {
    const [host, store] = [new SimulatedHost(), newStore()];
    const patient = { ...settings, differences: { timeLimitMs: 60_000 } };
    const meter = meterOn(jobOn(host, store, { settings: patient }));
    const table = await meter.measureTable();
    for (const { block, inNetwork, evidence } of table.rows) {
      const { latencyMs } = await meter.measureArchitecture({ architecture: without(block) });
      const { presentMs, skippedMs } = inNetwork ?? {};
      const savedMs = (presentMs?.value ?? Number.NaN) - (skippedMs?.value ?? Number.NaN);
      expect(savedMs).toBeCloseTo(table.originalMs.value - latencyMs.value);
      expect(evidence.inNetworkMs).toEqual(presentMs);
    }
    expect(gapOfSums(table)).not.toBeNull();
    const { opened } = host;
    expect(await meter.measureTable()).toEqual(table);
    expect(host.opened).toBe(opened);
  });

  test('takes no such differences where the time does not suffice for them', async () => {
    const [host, store] = [new SimulatedHost(), newStore()];
    const { rows, method } = await meterOn(jobOn(host, store)).measureTable();
    expect(method).toBe('isolated');
    for (const { inNetwork, gap } of rows) expect({ inNetwork, gap }).toEqual({ inNetwork: null, gap: null });
  });

  test('says so of all that was measured while the machine got slower', async () => {
    const [host, store] = [new SimulatedHost(), newStore()];
    host.slowdown = (atMs) => 1 + atMs / 2_000;
    const patient = { ...settings, alone: { ...settings.alone, minSamples: 60 } };
    const { rows } = await meterOn(jobOn(host, store, { settings: patient })).measureTable();
    for (const { evidence } of rows) expect(evidence.warnings).toContain('throttled');
    const summary = summarizeLatencyTable({ ...(await meterOn(jobOn(host, store)).measureTable()) });
    expect(describeLatencySummary(summary).join('\n')).toContain('throttled (12 of 12 blocks)');
  });

  test('says of blocks measured later that the machine had another pace by then', async () => {
    const [host, store] = [new SimulatedHost(), newStore()];
    const firstOnly = new Error('killed');
    let kept = 0;
    const die = (): void => {
      kept += 1;
      if (kept === 4) throw firstOnly;
    };
    await expect(meterOn(jobOn(host, store, { onEntry: die })).measureTable()).rejects.toThrow(firstOnly);
    const early = store.readLatencyTable(smallKey).filter(({ method }) => method === 'isolated');
    host.pace = 1.5;
    await meterOn(jobOn(host, store)).measureTable();
    const alone = store.readLatencyTable(smallKey).filter(({ method }) => method === 'isolated');
    const moved = alone.filter(({ flags }) => flags.includes('reference-moved'));
    expect(early.length).toBeGreaterThan(0);
    expect(moved).toHaveLength(alone.length - early.length);
    expect(moved.map(({ subject }) => subject)).not.toContain(REFERENCE_SUBJECT);
  });

  test('says that others had the processors', async () => {
    const [host, store] = [new SimulatedHost(), newStore()];
    const { clock } = host.machine;
    const elapsedMs = clock.elapsedMs;
    const cpuTimes = (): CpuTimes => ({
      totalMs: 2 * elapsedMs(),
      busyMs: 1.9 * elapsedMs(),
      ownMs: elapsedMs(),
    });
    const job = jobOn(host, store, { clock: { ...clock, cpuTimes } });
    await meterOn(job).measureTable();
    await meterOn(job).measureArchitecture({ architecture: without('mid_block.resnets.0') });
    const flagged = store.readLatencyTable(smallKey).filter(({ flags }) => flags.includes('busy-machine'));
    expect(flagged.length).toBe(store.readLatencyTable(smallKey).length);
  });

  test.each([
    ['time is over', 200, 9],
    ['all is exact enough', settings.alone.timeLimitMs, 3],
  ])('tells how far it is as it goes, up to the end, where %s', async (_, timeLimitMs, often) => {
    const told: number[] = [];
    let all = 0;
    const onPart = (part: string, done: number, total: number): void => {
      expect(part).toBe('alone');
      told.push(done);
      all = total;
    };
    const limited = {
      ...settings,
      calibration: { ...settings.calibration, architectures: 0 },
      alone: { ...settings.alone, timeLimitMs },
    };
    const job = jobOn(new SimulatedHost(), newStore(), { onPart, settings: limited });
    await meterOn(job).measureTable();
    expect(new Set(told).size).toBeGreaterThanOrEqual(often);
    expect(told).toEqual(told.toSorted((one, other) => one - other));
    expect(told.at(-1)).toBe(all);
  });

  test('measures anew what is asked for anew, and keeps both', async () => {
    const [host, store] = [new SimulatedHost(), newStore()];
    const stored: string[] = [];
    const meter = meterOn(jobOn(host, store, { onEntry: ({ subject }) => void stored.push(subject) }));
    const architecture = without('mid_block.resnets.0');
    await meter.measureArchitecture({ architecture });
    await meter.measureArchitecture({ architecture });
    expect(stored).toHaveLength(2);
    await meter.measureArchitecture({ architecture, anew: true });
    expect(stored).toHaveLength(3);
    expect(stored[2]).toBe(`${stored[1] ?? ''}, anew`);
  });

  test('finds a copy as dear as it is', async () => {
    const meter = meterOn(jobOn(new SimulatedHost(), newStore()));
    const whole = await meter.measureArchitecture({ architecture: original });
    const copied = copyBlock(original, 'mid_block.attentions.0');
    const more = await meter.measureArchitecture({ architecture: copied });
    expect(more.latencyMs.value).toBeGreaterThan(whole.latencyMs.value);
  });

  test('refuses an architecture of another UNet', async () => {
    const meter = meterOn(jobOn(new SimulatedHost(), newStore()));
    const architecture = originalArchitecture('other', original.blocks);
    await expect(meter.measureArchitecture({ architecture })).rejects.toMatchObject({
      code: 'LATENCY_ARCHITECTURE_FOREIGN',
    });
    await expect(meter.measureBlocks({ architecture })).rejects.toMatchObject({
      code: 'LATENCY_ARCHITECTURE_FOREIGN',
    });
  });
});

describe('on the CPU', () => {
  const quick: LatencySettings = {
    ...settings,
    endToEnd: { ...protocol, timeLimitMs: 50 },
    alone: { ...protocol, timeLimitMs: 50 },
  };
  let host: DeviceHost;
  let scratchFolder: string;

  beforeAll(() => {
    host = new DeviceHost(parseDevice('cpu', 1));
    scratchFolder = mkdtempSync(join(tmpdir(), 'snapevo-latency-'));
  });

  afterAll(async () => {
    await host.close();
    rmSync(scratchFolder, { recursive: true });
  });

  test('every block is found alone and in the profile, and nothing is left lying about', async () => {
    const store = newStore();
    const job: LatencyJob = {
      ...jobOn(new SimulatedHost(), store),
      host,
      settings: quick,
      clock: systemClock,
      scratchFolder,
    };
    const table = await new DeviceLatencyMeter(job, 'cpu').measureTable();
    expect(table.method).toBe(table.calibration?.method);
    expect(table.rows.map(({ block }) => block)).toEqual(original.blocks.map(({ id }) => id));
    for (const { block, isolated, inNetwork } of table.rows) {
      const { changesChannels } = original.blocks.find(({ id }) => id === block) ?? {};
      // Alone, a small block may take no longer than an empty run on a busy machine; kernels in a profile always take time.
      if (changesChannels !== true) expect(isolated.skippedMs.value).toBe(0);
      expect(inNetwork?.presentMs.value).toBeGreaterThan(0);
      expect((inNetwork?.skippedMs.value ?? Number.NaN) > 0).toBe(changesChannels);
    }
    expect(restMs(table)).toBeGreaterThan(0);
    const stored = store.readLatencyTable(smallKey);
    const profiled = stored.filter(({ method }) => method === 'in-network');
    expect(profiled.every(({ samplesMs }) => samplesMs.length === 8)).toBe(true);
    const whole = stored.filter(({ method }) => method === 'end-to-end').map(({ subject }) => subject);
    expect(whole).toContain(hashArchitecture(original));
    expect(whole).toHaveLength(1 + settings.calibration.architectures);
    expect(readdirSync(scratchFolder)).toEqual([]);
    const again = { ...job, host: new SimulatedHost() };
    expect(await new DeviceLatencyMeter(again, 'cpu').measureTable()).toEqual(table);
    expect(again.host.opened).toBe(0);
    const [kernels] = profiled.filter(({ subject }) => subject.startsWith('kernels of '));
    if (kernels === undefined) throw new Error('no profile');
    store.putLatencyEntry(smallKey, { ...kernels, measuredAtMs: kernels.measuredAtMs - 1 });
    await expect(new DeviceLatencyMeter(again, 'cpu').measureTable()).rejects.toMatchObject({
      code: 'LATENCY_PROFILE_UNREADABLE',
    });
    expect(again.host.opened).toBe(2);
  });
});
