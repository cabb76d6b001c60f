import { describe, expect, test } from 'vitest';
import { hashArchitecture } from '../../src/architecture/canonical-form.js';
import { sumMs } from '../../src/latency/latency-table.js';
import { calibrationErrors } from '../../src/latency/table-error.js';
import { jobOn, meterOn, newStore, settings, SimulatedHost, without } from './simulated-device.js';
import { original, smallKey } from './small-unet.js';

describe('a calibration with whole networks', () => {
  test('calibrates the table with whole networks, and says what that was worth', async () => {
    const [host, store] = [new SimulatedHost(), newStore()];
    const { calibration, rows, originalMs } = await meterOn(jobOn(host, store)).measureTable();
    if (calibration === null) throw new Error('expected a calibration');
    expect(calibration.networks).toHaveLength(3);
    const stored = store.readLatencyTable(smallKey).filter(({ method }) => method === 'end-to-end');
    expect(calibration.networks.map(({ architectureHash }) => architectureHash).toSorted()).toEqual(
      stored
        .map(({ subject }) => subject)
        .filter((subject) => subject !== hashArchitecture(original))
        .toSorted(),
    );
    for (const { presentMs, isolated } of rows) {
      expect(presentMs.value).toBeCloseTo(isolated.presentMs.value * calibration.factor);
    }
    const { before, after } = calibrationErrors(calibration);
    expect(after?.meanAbsoluteShare).toBeLessThan(before?.meanAbsoluteShare ?? 0);
    const architecture = without(
      'mid_block.resnets.0',
      'up_blocks.0.attentions.1',
      'down_blocks.1.resnets.0',
    );
    const { latencyMs } = await meterOn(jobOn(host, store)).measureArchitecture({ architecture });
    const error = Math.abs(sumMs({ originalMs, rows }, architecture) / latencyMs.value - 1);
    const plain = { ...settings, calibration: { ...settings.calibration, architectures: 0 } };
    const asMeasured = await meterOn(jobOn(host, store, { settings: plain })).measureTable();
    expect(asMeasured.calibration).toBeNull();
    expect(error).toBeLessThan(Math.abs(sumMs(asMeasured, architecture) / latencyMs.value - 1));
  });

  test('gives the search calibrated costs, and with what they were calibrated', async () => {
    const [host, store] = [new SimulatedHost(), newStore()];
    const table = await meterOn(jobOn(host, store)).measureTable();
    const { entries, calibration } = await meterOn(jobOn(host, store)).measureBlocks({
      architecture: original,
    });
    expect(calibration).toEqual(table.calibration);
    expect(entries.map(({ presentMs }) => presentMs)).toEqual(table.rows.map(({ presentMs }) => presentMs));
    const plain = { ...settings, calibration: { ...settings.calibration, architectures: 0 } };
    const uncalibrated = await meterOn(jobOn(host, store, { settings: plain })).measureBlocks({
      architecture: original,
    });
    expect(uncalibrated).not.toHaveProperty('calibration');
  });

  test('takes no longer for its calibration than it may', async () => {
    const host = new SimulatedHost();
    const { timeLimitMs } = settings.calibration;
    const store = newStore();
    const plain = { ...settings, calibration: { architectures: 0, timeLimitMs } };
    await meterOn(jobOn(host, store, { settings: plain })).measureTable();
    const startMs = host.machine.clock.elapsedMs();
    host.pace = 20;
    const slow = { ...settings, calibration: { architectures: 3, timeLimitMs } };
    const before = host.machine.runs.length;
    await meterOn(jobOn(host, store, { settings: slow })).measureTable();
    const longestMs = (Math.max(...host.machine.runs.slice(before)) / 10_000) * host.pace;
    const tookMs = host.machine.clock.elapsedMs() - startMs;
    const fewestRuns = 3 * 2 * (1 + settings.endToEnd.minSamples + 1);
    expect(tookMs).toBeLessThanOrEqual(timeLimitMs + fewestRuns * longestMs);
  });

  test('skips the calibration where the fewest runs of its networks foretell to take far longer than it may, and says so', async () => {
    const [host, store] = [new SimulatedHost(), newStore()];
    host.pace = 100;
    const { rows, calibration, skippedCalibration, originalMs } = await meterOn(
      jobOn(host, store),
    ).measureTable();
    const wholes = (): number =>
      store.readLatencyTable(smallKey).filter(({ method }) => method === 'end-to-end').length;
    expect([calibration, wholes()]).toEqual([null, 1]);
    expect(skippedCalibration?.timeLimitMs).toBe(settings.calibration.timeLimitMs);
    expect(skippedCalibration?.fewestMs).toBeCloseTo(3 * 2 * (10 + 4) * originalMs.value, 6);
    for (const { presentMs, isolated } of rows) expect(presentMs).toEqual(isolated.presentMs);
    const measured = await meterOn(jobOn(host, store)).measureBlocks({ architecture: original });
    expect(measured).toMatchObject({ skippedCalibration });
    expect(measured).not.toHaveProperty('calibration');
  });

  test.each([
    ['skips', 'just too little', 0.99],
    ['takes', 'just enough', 1.01],
  ])('%s the calibration with %s time', async (verb, _, share) => {
    const fewestMsOf = async (): Promise<number> => {
      const [host, store] = [new SimulatedHost(), newStore()];
      const none = { ...settings, calibration: { architectures: 3, timeLimitMs: 1 } };
      const table = await meterOn(jobOn(host, store, { settings: none })).measureTable();
      return table.skippedCalibration?.fewestMs ?? Number.NaN;
    };
    const timeLimitMs = (share * (await fewestMsOf())) / 2;
    const limited = { ...settings, calibration: { architectures: 3, timeLimitMs } };
    const { calibration } = await meterOn(
      jobOn(new SimulatedHost(), newStore(), { settings: limited }),
    ).measureTable();
    expect(calibration === null).toBe(verb === 'skips');
  });

  test('calibrates with networks that are stored however little time there is', async () => {
    const [host, store] = [new SimulatedHost(), newStore()];
    const table = await meterOn(jobOn(host, store)).measureTable();
    const hurried = { ...settings, calibration: { architectures: 3, timeLimitMs: 1 } };
    expect(await meterOn(jobOn(host, store, { settings: hurried })).measureTable()).toEqual(table);
  });
});
