import { describe, expect, test } from 'vitest';
import { aloneSubject, EMPTY_SUBJECT } from '../../src/latency/block-subject.js';
import type { LatencyEntry } from '../../src/latency/latency-records.js';
import { medianInterval } from '../../src/latency/latency-statistics.js';
import { describeLatencySummary, summarizeLatencyTable } from '../../src/latency/latency-summary.js';
import {
  assembleLatencyTables,
  gapOfSums,
  restMs,
  toBlockLatency,
  type LatencyTable,
  type LatencyTableRow,
} from '../../src/latency/latency-table.js';
import { costlyConfigurations } from '../../src/latency/measure-blocks-alone.js';
import type { ProfiledNetwork, ProfiledNetworks } from '../../src/latency/measure-blocks-in-network.js';
import { describeTableError, tableErrorOf } from '../../src/latency/table-error.js';
import { blockSites } from '../../src/model/unet-layout.js';
import { smallKey, smallUNet } from './small-unet.js';
import { skewedNoise } from './simulated-machine.js';

const { config } = smallUNet;
const ids = blockSites(config).map(({ id }) => id);
const widening = 'up_blocks.0.resnets.0';

function entry(samplesMs: readonly number[], flags: readonly string[] = []): LatencyEntry {
  return {
    subject: '',
    method: 'isolated',
    samplesMs,
    medianMs: medianInterval(samplesMs),
    flags,
    measuredAtMs: 0,
  };
}

const steady = (ms: number): LatencyEntry => entry(Array<number>(10).fill(ms));

/** Every present configuration takes 3 ms alone, a projection 1 ms, an empty run half a millisecond. */
const alone = new Map([
  [EMPTY_SUBJECT, steady(0.5)],
  ...costlyConfigurations(smallUNet.config).map(
    (each) => [aloneSubject(config, each, smallKey), steady(each.present ? 3 : 1)] as const,
  ),
]);

/** A forward of 40 ms end to end, of which `slowdown` tells the pace, forward by forward. */
function networks(slowdown: readonly number[], blockMs = 2, projectionMs = 0.4): ProfiledNetworks {
  const series = (ms: number): LatencyEntry => entry(slowdown.map((factor) => ms * factor));
  const network = (each: number): ProfiledNetwork => ({
    whole: series(each * ids.length + 6),
    blocks: new Map(ids.map((id) => [id, series(each)])),
  });
  return { original: network(blockMs), stripped: network(projectionMs) };
}

function table(profiled: ProfiledNetworks | null): LatencyTable {
  return tables(profiled)[0];
}

function tables(profiled: ProfiledNetworks | null): ReturnType<typeof assembleLatencyTables> {
  return assembleLatencyTables({ config, key: smallKey, original: steady(40), alone, networks: profiled });
}

function rowOf({ rows }: LatencyTable, block: string): LatencyTableRow {
  const row = rows.find((each) => each.block === block);
  if (row === undefined) throw new Error(`no row ${block}`);
  return row;
}

describe('a summary', () => {
  test('says what the blocks account for and how far the two ways agree', () => {
    const summary = summarizeLatencyTable(table(networks(Array<number>(10).fill(1))));
    expect(summary).toMatchObject({ originalMs: 40, withinNoise: [], warnings: [] });
    const [first, second, ...more] = describeLatencySummary(summary);
    expect(first).toBe('one step of the original takes 40.00 ms, its blocks 31.00 ms of it');
    expect(second).toMatch(/^measured alone, the blocks sum up to 6\.[23]% less than inside the network$/);
    expect(more).toEqual([]);
  });

  test('names each warning once, and the savings that are none', () => {
    const [row] = table(null).rows;
    const [one, other] = [
      {
        ...row,
        block: 'a',
        skippedMs: row?.presentMs,
        evidence: { ...row?.evidence, warnings: ['unstable', 'drift'] },
      },
      { ...row, block: 'b', evidence: { ...row?.evidence, warnings: ['unstable'] } },
    ] as LatencyTableRow[];
    const summary = summarizeLatencyTable({ ...table(null), rows: [one, other] as LatencyTableRow[] });
    expect(summary.warnings).toEqual([
      { warning: 'unstable', blocks: ['a', 'b'] },
      { warning: 'drift', blocks: ['a'] },
    ]);
    const text = describeLatencySummary(summary).join('\n');
    expect(text).toContain('savings within the noise: a\n');
    expect(text).toContain('unstable (2 of 2 blocks): ');
    expect(text).not.toContain('measured alone');
  });

  test('says the same of what a search keeps of the table', () => {
    const whole = table(networks(Array<number>(10).fill(1)));
    const { originalMs, rows, calibration } = whole;
    const kept = { originalMs, rows: rows.map(toBlockLatency), calibration };
    expect(summarizeLatencyTable(kept)).toEqual(summarizeLatencyTable(whole));
    expect(summarizeLatencyTable(kept).gapOfSums).not.toBeNull();
  });
});

describe('the error of a table', () => {
  test('is told with its sign and without', () => {
    const error = tableErrorOf([
      { predictedMs: 9, measuredMs: 10 },
      { predictedMs: 10.2, measuredMs: 10 },
    ]);
    expect(error?.meanShare).toBeCloseTo(-0.04);
    expect(error?.meanAbsoluteShare).toBeCloseTo(0.06);
    expect(error === null ? '' : describeTableError(error)).toBe(
      "the table's sum was off by 6.0% on average, 4.0% too low, over 2 networks measured end to end",
    );
    expect(tableErrorOf([])).toBeNull();
  });
});

describe('the latency table', () => {
  test('has a row for each block, in the order they run', () => {
    expect(table(null).rows.map(({ block }) => block)).toEqual(ids);
  });

  test('takes costs alone less an empty run where there is no profile', () => {
    const isolated = table(null);
    expect(isolated.method).toBe('isolated');
    const row = rowOf(isolated, widening);
    expect(row).toMatchObject({ inNetwork: null, gap: null });
    expect(row.presentMs.value).toBeCloseTo(2.5);
    expect(row.skippedMs.value).toBeCloseTo(0.5);
    expect(row.savingMs.value).toBeCloseTo(2);
    expect(gapOfSums(isolated)).toBeNull();
  });

  test('takes a block’s share of the forwards where there is one, whatever their pace', () => {
    const noise = skewedNoise(1, 0.5);
    const noisy = tables(networks(Array.from({ length: 20 }, () => 3 * noise()))).find(
      ({ method }) => method === 'in-network',
    );
    if (noisy === undefined) throw new Error('expected a table of costs inside the network');
    const wholeMs = 2 * ids.length + 6;
    const row = rowOf(noisy, widening);
    expect(row.presentMs.value).toBeCloseTo((40 * 2) / wholeMs);
    expect(row.skippedMs.value).toBeCloseTo((40 * 0.4) / wholeMs);
    expect(row.gap).toBeCloseTo(2.5 / row.presentMs.value - 1);
    expect(gapOfSums(noisy)).toBeCloseTo(row.gap ?? Number.NaN);
    expect(restMs(noisy)).toBeCloseTo((40 * 6) / wholeMs);
  });

  test('goes by the mean of the cost alone and the cost inside where there are both', () => {
    const both = table(networks([40]));
    expect(both.method).toBe('mean');
    const { isolated, inNetwork, presentMs, skippedMs, savingMs } = rowOf(both, widening);
    const meanOf = (of: 'presentMs' | 'skippedMs'): number =>
      (isolated[of].value + (inNetwork?.[of].value ?? Number.NaN)) / 2;
    expect(presentMs.value).toBeCloseTo(meanOf('presentMs'));
    expect(skippedMs.value).toBeCloseTo(meanOf('skippedMs'));
    expect(savingMs.value).toBeCloseTo(presentMs.value - skippedMs.value);
    expect(isolated.presentMs.value).not.toBeCloseTo(presentMs.value);
  });

  test('accounts for the whole although interruptions fall on one block or another', () => {
    const calm = networks(Array<number>(ids.length * 3).fill(1));
    const interrupted = { ...calm, original: interrupt(calm.original) };
    const [without, withThem] = [table(calm), table(interrupted)];
    expect(rowOf(withThem, widening).presentMs.value).toBeCloseTo(rowOf(without, widening).presentMs.value);
    expect(restMs(withThem)).toBeCloseTo(restMs(without));
  });

  test('counts nothing for a skipped block that keeps its shape', () => {
    for (const profiled of [null, networks(Array<number>(10).fill(1))]) {
      const row = rowOf(table(profiled), 'mid_block.resnets.0');
      expect(row.skippedMs).toEqual({ value: 0, low: 0, high: 0 });
      expect(row.savingMs).toEqual(row.presentMs);
    }
  });

  test('tells savings from noise', () => {
    const parts = { config, key: smallKey, original: steady(40), networks: null };
    const wild = [0.1, 0.2, 0.3, 3, 6, 9, 12, 15];
    const drowned = new Map([...alone.keys()].map((subject) => [subject, entry(wild, ['unstable'])]));
    const [{ rows }] = assembleLatencyTables({ ...parts, alone: drowned });
    for (const { isAboveNoise, evidence } of rows) {
      expect(isAboveNoise).toBe(false);
      expect(evidence.warnings).toEqual(['unstable']);
    }
    for (const { isAboveNoise } of table(null).rows) expect(isAboveNoise).toBe(true);
  });
});

/** In every forward some block is held up for 5 ms, each as often as the others. */
function interrupt({ whole, blocks }: ProfiledNetwork): ProfiledNetwork {
  const held = [...blocks].map(([id, { samplesMs }], block) => {
    const isHeldUp = (index: number): boolean => index % ids.length === block;
    return [id, entry(samplesMs.map((ms, index) => ms + (isHeldUp(index) ? 5 : 0)))] as const;
  });
  return { whole: entry(whole.samplesMs.map((ms) => ms + 5)), blocks: new Map(held) };
}
