import { describe, expect, it } from 'vitest';
import { copyBlock, quantizeBlock } from '../../src/architecture/architecture.js';
import { nodeScope } from '../../src/graph/node-scope.js';
import { verifyGraph } from '../../src/graph/verify-graph.js';
import type { LatencyEntry } from '../../src/latency/latency-records.js';
import { blockGraph } from '../../src/latency/block-graph.js';
import { aloneSubject } from '../../src/latency/block-subject.js';
import { measureInt8Blocks } from '../../src/latency/measure-int8-blocks.js';
import { measuredUNet } from '../../src/latency/measured-unet.js';
import { stepGraph } from '../../src/latency/step-graph.js';
import { openModel, writeModel } from '../../src/model/model-folder.js';
import { unetKind } from '../../src/model/model-kind.js';
import { blockSites } from '../../src/model/unet-layout.js';
import { models } from '../evaluation/golden-models.js';
import { int8SavingMs } from '../../src/search/latency-table.js';
import { scale } from '../../src/statistics/estimate.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { jobOn, meterOn, newStore, SimulatedHost } from './simulated-device.js';
import { original, smallKey, smallUNet } from './small-unet.js';

const attention = 'mid_block.attentions.0';
const codesIn = (dtypes: {
  readonly initializers: readonly { readonly value: { readonly dtype: string } }[];
}): number => dtypes.initializers.filter(({ value: { dtype } }) => dtype === 'int8').length;

/** Of a block that is measured in both. */
function precisionOf({ subject }: LatencyEntry): string {
  if (subject.endsWith(' beside int8')) return 'float32';
  return subject.endsWith(' int8') ? 'int8' : '';
}

describe('a block on weights of int8', () => {
  it('is a well-formed graph under another name in the table', () => {
    for (const site of blockSites(smallUNet.config)) {
      const int8 = { site, present: true, precision: 'int8' } as const;
      const { graph } = blockGraph(smallUNet, int8, smallKey);
      verifyGraph(graph);
      expect(codesIn(graph)).toBeGreaterThan(2);
      const subject = aloneSubject(smallUNet.config, { site, present: true }, smallKey);
      expect(aloneSubject(smallUNet.config, int8, smallKey)).toBe(`${subject} int8`);
    }
  });

  it('is the only one of its network', () => {
    const architecture = quantizeBlock(copyBlock(original, attention), `${attention}+1`);
    const { graph } = stepGraph(smallUNet, architecture, smallKey);
    verifyGraph(graph);
    const quantized = graph.nodes.filter(({ op }) => op === 'MatMulInteger').map(nodeScope);
    expect(new Set(quantized)).toEqual(new Set([`${attention}+1`]));
  });

  it('may have its weights in a file', () => {
    const folder = temporaryFolder();
    writeModel(unetKind, folder, models.unet);
    const [stored, inMemory] = [openModel(unetKind, folder), models.unet].map((each) => {
      const unet = measuredUNet(each);
      const [site] = blockSites(unet.config);
      if (site === undefined) throw new Error('expected a block');
      const { graph } = blockGraph(unet, { site, present: true, precision: 'int8' }, smallKey);
      return graph.initializers.filter(({ value: { dtype } }) => dtype === 'int8').map(({ data }) => data);
    });
    expect(stored?.length).toBeGreaterThan(2);
    expect(stored).toEqual(inMemory);
  });
});

describe('blocks in both precisions', () => {
  it('are measured side by side, and no more once they are stored', async () => {
    const [host, store] = [new SimulatedHost(), newStore()];
    const kept: LatencyEntry[] = [];
    const job = jobOn(host, store, { onEntry: (entry) => void kept.push(entry) });
    const latencies = await measureInt8Blocks(job);
    expect(latencies.map(({ block }) => block)).toEqual(original.blocks.map(({ id }) => id));
    for (const { float32Ms, int8Ms, savingMs } of latencies) {
      expect(int8Ms.value).toBeGreaterThan(0);
      expect(savingMs.value).toBeCloseTo(float32Ms.value - int8Ms.value);
      expect(savingMs.value).toBeGreaterThan(0);
    }
    const besideEach = kept.filter(({ subject }) => subject.endsWith(' beside int8'));
    expect(besideEach.length).toBeGreaterThan(2);
    for (const { subject, samplesMs } of besideEach) {
      const name = subject.replace(' beside', '');
      expect(kept.find((entry) => entry.subject === name)?.samplesMs).toHaveLength(samplesMs.length);
    }
    const { opened } = host;
    expect(await measureInt8Blocks(job)).toEqual(latencies);
    expect(host.opened).toBe(opened);
  });

  it('are both of one measurement, though others left one of them on a machine of another pace', async () => {
    const calm = await measureInt8Blocks(jobOn(new SimulatedHost(), newStore()));
    const savingShares = (measured: typeof calm): number[] =>
      measured.map(({ float32Ms, savingMs }) => savingMs.value / float32Ms.value);
    const kept: LatencyEntry[] = [];
    const onEntry = (entry: LatencyEntry): void => void kept.push(entry);
    await measureInt8Blocks(jobOn(new SimulatedHost(), newStore(), { onEntry }));
    const ofAnotherTime = (entry: LatencyEntry): LatencyEntry => ({
      ...entry,
      samplesMs: entry.samplesMs.map((ms) => ms / 2),
      medianMs: scale(entry.medianMs, 1 / 2),
      measuredAtMs: entry.measuredAtMs - 1,
    });
    for (const other of ['float32', 'int8']) {
      for (const left of [() => [], (entry: LatencyEntry) => [ofAnotherTime(entry)]]) {
        const [host, store] = [new SimulatedHost(), newStore()];
        for (const entry of kept.flatMap((each) => (precisionOf(each) === other ? left(each) : [each]))) {
          store.putLatencyEntry(smallKey, entry);
        }
        host.pace = 3;
        const after = await measureInt8Blocks(jobOn(host, store));
        for (const [index, share] of savingShares(after).entries()) {
          expect(share).toBeCloseTo(savingShares(calm)[index] ?? Number.NaN, 2);
        }
      }
    }
  });

  it('make the table of a search tell what int8 saves, where it is asked to', async () => {
    const meter = meterOn(jobOn(new SimulatedHost(), newStore()));
    const { entries } = await meter.measureBlocks({ architecture: original, quantize: true });
    for (const { block, presentMs } of entries) {
      const savedMs = int8SavingMs(entries, { id: block }).value;
      expect(savedMs).toBeGreaterThan(0);
      expect(savedMs).toBeLessThan(presentMs.value);
    }
    const unasked = await meter.measureBlocks({ architecture: original });
    expect(unasked.entries).toEqual(entries.map(({ int8SavingMs: _, ...entry }) => entry));
  });

  it('save as much by a table that is taken over, however slow the machine is by now', async () => {
    const savingsOf = async (pace: number): Promise<number[]> => {
      const [host, store] = [new SimulatedHost(), newStore()];
      await meterOn(jobOn(host, store)).measureBlocks({ architecture: original });
      host.pace = pace;
      const { entries } = await meterOn(jobOn(host, store)).measureBlocks({
        architecture: original,
        quantize: true,
      });
      return entries.map(({ block }) => int8SavingMs(entries, { id: block }).value);
    };
    const [calm, slow] = [await savingsOf(1), await savingsOf(3)];
    for (const [index, savedMs] of slow.entries()) {
      expect(savedMs / (calm[index] ?? Number.NaN)).toBeCloseTo(1, 1);
    }
  });
});
