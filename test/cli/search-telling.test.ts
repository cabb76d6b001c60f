import { describe, expect, it } from 'vitest';
import type { LatencyScope } from '../../src/config/search-config.js';
import { SearchDisplay } from '../../src/cli/search-run/search-display.js';
import { SearchNarrator } from '../../src/cli/search-run/search-narrator.js';
import { createTerminal } from '../../src/cli/terminal/terminal.js';
import type { LatencyEntry } from '../../src/latency/latency-records.js';
import type { LatencyTable } from '../../src/latency/latency-table.js';
import type { CandidateRow } from '../../src/search/search-rows.js';
import { start } from '../support/search-fakes.js';
import { RecordedStream } from './recorded-cli.js';

const exactly = (value: number): LatencyEntry['medianMs'] => ({ value, low: value, high: value });

const cost = { presentMs: exactly(4), skippedMs: exactly(0) };

const table: LatencyTable = {
  key: {
    protocol: 1,
    deviceFingerprint: 'simulated',
    dtype: 'float32',
    batchSize: 1,
    latentHeight: 8,
    latentWidth: 8,
    contextLength: 3,
  },
  method: 'in-network',
  originalMs: exactly(10),
  originalWarnings: [],
  rows: [
    {
      block: 'mid_block.resnets.0',
      ...cost,
      savingMs: exactly(4),
      isAboveNoise: true,
      isolated: { ...cost, presentMs: exactly(5) },
      inNetwork: cost,
      gap: 0.25,
      evidence: { isolatedMs: exactly(5), inNetworkMs: exactly(4), warnings: ['unstable'] },
    },
  ],
  calibration: {
    method: 'in-network',
    factor: 0.8,
    networks: [{ architectureHash: 'b', sumMs: 5, predictedMs: 5.5, measuredMs: 6 }],
  },
};

const flagged: LatencyEntry = {
  subject: 'a',
  method: 'end-to-end',
  samplesMs: [7],
  medianMs: exactly(7),
  flags: ['drift'],
  measuredAtMs: 0,
};

interface Stage {
  readonly output: RecordedStream;
  readonly notes: RecordedStream;
  readonly display: SearchDisplay;
  readonly narratorAs: (asJson: boolean, scope?: LatencyScope) => SearchNarrator;
}

function setTheStage(): Stage {
  const [output, notes] = [new RecordedStream(), new RecordedStream()];
  let elapsedMs = 0;
  const terminal = createTerminal({ output, notes, environment: {}, elapsedMs: () => (elapsedMs += 6_000) });
  return {
    output,
    notes,
    display: new SearchDisplay(terminal.progress),
    narratorAs: (asJson, scope = 'step') => new SearchNarrator(terminal, 'the run', { asJson, scope }),
  };
}

describe('a search tells of its latencies', () => {
  it('to people: the gap and the warnings of the table, and of networks with warnings', () => {
    const { notes, narratorAs } = setTheStage();
    narratorAs(false).tellTable(table);
    narratorAs(false).tellNetwork('0123456789abcdef', flagged);
    narratorAs(false).tellNetwork('fedcba9876543210', { ...flagged, flags: [] });
    expect(notes.text.trim().split('\n')).toEqual([
      'latency table: one step of the original takes 10.00 ms, its blocks 4.00 ms of it',
      'latency table: measured alone, the blocks sum up to 25.0% more than inside the network',
      'latency table: calibrated with random networks: costs are those measured inside the network, times 0.800',
      "latency table: before, the table's sum was off by 16.7% on average, 16.7% too low, over 1 network measured end to end",
      "latency table: after, each network predicted by the others' calibration, the table's sum was off by 8.3% on average, 8.3% too low, over 1 network measured end to end",
      expect.stringMatching(/^latency table: unstable \(1 of 1 blocks\): /),
      'latency table: measured anew on a machine that does nothing else (--remeasure), the table would be better',
      'network 01234567: 7.00 [7.00, 7.00] ms a step, measured with warnings: drift',
    ]);
  });

  it('to both: why a table is not calibrated', () => {
    const { notes, output, narratorAs } = setTheStage();
    const skippedCalibration = { fewestMs: 1_120_000, timeLimitMs: 8_000 };
    const uncalibrated = { ...table, calibration: null, skippedCalibration };
    narratorAs(false).tellTable(uncalibrated);
    expect(notes.text).toContain(
      'latency table: not calibrated with random networks, whose fewest runs take 1120 s where 8 s are allowed',
    );
    narratorAs(true).tellTable(uncalibrated);
    expect(JSON.parse(output.text)).toMatchObject({ calibration: null, skippedCalibration });
  });

  it('in the unit of its scope', () => {
    const { notes, output, narratorAs } = setTheStage();
    narratorAs(false, 'image').tellTable(table);
    narratorAs(false, 'image').tellNetwork('0123456789abcdef', flagged);
    expect(notes.text).toContain('latency table: one image of the original takes 10.00 ms');
    expect(notes.text).toContain('7.00 [7.00, 7.00] ms an image, measured with warnings');
    narratorAs(true, 'image').tellTable(table);
    expect(JSON.parse(output.text)).toMatchObject({ type: 'latency-table', scope: 'image', originalMs: 10 });
  });

  it('to both: what a picture takes besides, and whole pictures', () => {
    const { notes, output, narratorAs } = setTheStage();
    const textEncoder = { ...flagged, subject: 'text encoder 0123456789abcdef, batch 1' };
    const picture = { ...flagged, subject: 'picture 0123456789abcdef', flags: ['few-samples'] };
    for (const entry of [textEncoder, { ...textEncoder, flags: [] }, picture])
      narratorAs(false, 'image').tellImagePart(entry);
    expect(notes.text.trim().split('\n')).toEqual([
      'text encoder 01234567, batch 1: 7.00 [7.00, 7.00] ms, measured with warnings: drift',
      'picture 01234567: 7.00 [7.00, 7.00] ms, measured with warnings: few-samples',
    ]);
    narratorAs(true, 'image').tellImagePart(picture);
    expect(JSON.parse(output.text)).toMatchObject({
      type: 'image-measurement',
      subject: 'picture 0123456789abcdef',
      latencyMs: exactly(7),
      warnings: ['few-samples'],
    });
  });

  it('to programs', () => {
    const { output, narratorAs } = setTheStage();
    narratorAs(true).tellTable(table);
    narratorAs(true).tellNetwork('0123', flagged);
    const [ofTable, ofNetwork] = output.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(ofTable).toMatchObject({
      type: 'latency-table',
      run: 'the run',
      method: 'in-network',
      gapOfSums: 0.25,
      calibration: { factor: 0.8, errorAfter: { networkCount: 1 } },
      warnings: [{ warning: 'unstable', blocks: ['mid_block.resnets.0'] }],
    });
    expect(ofNetwork).toEqual({
      type: 'measurement',
      run: 'the run',
      scope: 'step',
      architectureHash: '0123',
      latencyMs: exactly(7),
      warnings: ['drift'],
    });
  });
});

describe('a search tells of its ranking', () => {
  const candidate = (
    actionKind: CandidateRow['actionKind'],
    block: string,
    rank: number | null,
  ): CandidateRow => ({
    ...{ round: 1, actionKind, block, rank, architectureHash: 'a', value: null, reason: '', imageCount: 4 },
    ...{ deltaClip: exactly(0.001), deltaLatencyMs: exactly(2), status: 'ranked' },
  });
  const removals = [candidate('remove', 'one', 1), candidate('remove', 'two', 3)];
  const int8 = [candidate('quantize', 'two', 2), candidate('quantize', 'one', null)];

  it('by the blocks to be removed', () => {
    const { notes, narratorAs } = setTheStage();
    narratorAs(false).tellRows({ candidates: removals });
    expect(notes.text).toBe(
      'round 1: of 2 blocks, those of least worth for their time: one (dCLIP 0.0010, 2.00 ms), two (dCLIP 0.0010, 2.00 ms)\n',
    );
  });

  it('and by those to be put on int8', () => {
    const { notes, narratorAs } = setTheStage();
    narratorAs(false).tellRows({ candidates: [...removals, ...int8] });
    expect(notes.text).toBe(
      'round 1: of 2 removals and 1 block to put on int8, those of least worth for their time: one (dCLIP 0.0010, 2.00 ms), two on int8 (dCLIP 0.0010, 2.00 ms), two (dCLIP 0.0010, 2.00 ms)\n',
    );
  });
});

describe('the display', () => {
  it('moves while blocks are measured, one way after the other, with the time left', () => {
    const { notes, display } = setTheStage();
    const state = start();
    const work = { type: 'measure-blocks', architecture: state.original } as const;
    display.onUnit({ state, work, openCount: 1 });
    for (const done of [1, 2, 3, 4]) display.onPart('inside the network', done, 8);
    for (const done of [0, 2, 4]) display.onPart('alone', done, 5);
    display.onUnitDone();
    expect(notes.text.trim().split('\n').slice(1)).toEqual([
      'measuring original, inside the network: 0/8',
      'measuring original, inside the network: 2/8, 36 s left',
      'measuring original, inside the network: 4/8, 24 s left',
      'measuring original, alone: 0/5',
      'measuring original, alone: 4/5, 3 s left',
    ]);
  });
});
