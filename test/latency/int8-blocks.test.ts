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
import { temporaryFolder } from '../support/temporary-folder.js';
import { jobOn, meterOn, newStore, SimulatedHost } from './simulated-device.js';
import { original, smallKey, smallUNet } from './small-unet.js';

const attention = 'mid_block.attentions.0';
const codesIn = (dtypes: {
  readonly initializers: readonly { readonly value: { readonly dtype: string } }[];
}): number => dtypes.initializers.filter(({ value: { dtype } }) => dtype === 'int8').length;

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
    const subjects: string[] = [];
    const job = jobOn(host, store, { onEntry: ({ subject }) => void subjects.push(subject) });
    const latencies = await measureInt8Blocks(job);
    expect(latencies.map(({ block }) => block)).toEqual(original.blocks.map(({ id }) => id));
    for (const { float32Ms, int8Ms, savingMs } of latencies) {
      expect(int8Ms.value).toBeGreaterThan(0);
      expect(savingMs.value).toBeCloseTo(float32Ms.value - int8Ms.value);
      expect(savingMs.value).toBeGreaterThan(0);
    }
    const int8 = subjects.filter((subject) => subject.endsWith(' int8'));
    expect(subjects).toEqual(
      expect.arrayContaining(int8.map((subject) => subject.slice(0, -' int8'.length))),
    );
    const { opened } = host;
    expect(await measureInt8Blocks(job)).toEqual(latencies);
    expect(host.opened).toBe(opened);
  });

  it('make the table of a search tell what int8 saves, where it is asked to', async () => {
    const alone: string[] = [];
    const onEntry = ({ subject, method }: LatencyEntry): void => {
      if (method === 'isolated') alone.push(subject);
    };
    const meter = meterOn(jobOn(new SimulatedHost(), newStore(), { onEntry }));
    const { entries } = await meter.measureBlocks({ architecture: original, quantize: true });
    const inFloat = alone.findLastIndex(
      (subject) => subject.startsWith('resnet') && !subject.endsWith('int8'),
    );
    expect(alone.findIndex((subject) => subject.endsWith(' int8'))).toBeLessThan(inFloat);
    for (const { block, presentMs } of entries) {
      const savedMs = int8SavingMs(entries, { id: block }).value;
      expect(savedMs).toBeGreaterThan(0);
      expect(savedMs).toBeLessThan(presentMs.value);
    }
    const unasked = await meter.measureBlocks({ architecture: original });
    expect(unasked.entries).toEqual(entries.map(({ int8SavingMs: _, ...entry }) => entry));
  });
});
