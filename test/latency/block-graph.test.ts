import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { copyBlock } from '../../src/architecture/architecture.js';
import { verifyGraph } from '../../src/graph/verify-graph.js';
import { blockGraph, leavesProjection, siteInChannels } from '../../src/latency/block-graph.js';
import { aloneSubject } from '../../src/latency/block-subject.js';
import { emptyGraph, type MeasuredGraph } from '../../src/latency/measured-graph.js';
import {
  measuredUNet,
  stepBatchSize,
  weightFolder,
  type MeasuredUNet,
} from '../../src/latency/measured-unet.js';
import { stepGraph } from '../../src/latency/step-graph.js';
import { loadModel, openModel, writeModel } from '../../src/model/model-folder.js';
import { unetKind } from '../../src/model/model-kind.js';
import { blockSites, type BlockSite } from '../../src/model/unet-layout.js';
import { serializeModel } from '../../src/onnx/serialize-model.js';
import { parseDevice } from '../../src/runtime/device.js';
import { Session } from '../../src/runtime/session.js';
import { goldenFolder } from '../model/golden-folder.js';
import { original, smallKey, smallUNet } from './small-unet.js';

const sites = blockSites(smallUNet.config);
const siteNamed = (id: string): BlockSite => {
  const site = sites.find((each) => each.id === id);
  if (site === undefined) throw new Error(`no site ${id}`);
  return site;
};
const shapes = ({ feeds }: MeasuredGraph): Record<string, readonly number[]> =>
  Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, shape]));

describe('a block alone', () => {
  test('sees the shapes it has inside the network', () => {
    const resnet = blockGraph(
      smallUNet,
      { site: siteNamed('up_blocks.0.resnets.0'), present: true },
      smallKey,
    );
    expect(shapes(resnet)).toEqual({ hidden: [2, 64, 4, 4], time: [2, 64] });
    const attention = blockGraph(
      smallUNet,
      { site: siteNamed('mid_block.attentions.0'), present: true },
      smallKey,
    );
    expect(shapes(attention)).toEqual({ hidden: [2, 32, 4, 4], context: [2, 3, 8] });
  });

  test('is its projection alone once it is skipped', () => {
    const { graph } = blockGraph(
      smallUNet,
      { site: siteNamed('up_blocks.0.resnets.0'), present: false },
      smallKey,
    );
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Conv', 'Slice']);
    expect(graph.inputs.map(({ name }) => name)).toEqual(['hidden']);
  });

  test('gives one element back, and runs, whichever block it is', async () => {
    const graphs = sites.flatMap((site) => [
      blockGraph(smallUNet, { site, present: true }, smallKey),
      ...(leavesProjection(site) ? [blockGraph(smallUNet, { site, present: false }, smallKey)] : []),
    ]);
    for (const { graph, feeds } of [...graphs, emptyGraph()]) {
      verifyGraph(graph);
      const session = await Session.create(serializeModel(graph), parseDevice('cpu', 1));
      const [output] = Object.values(await session.run(feeds));
      await session.release();
      expect(output?.data).toHaveLength(1);
      expect(Number(output?.data[0])).not.toBeNaN();
    }
  });

  test('may have its weights in a file', async () => {
    const model = loadModel(unetKind, goldenFolder('unet-three-levels'));
    const { config, weights } = model;
    const folder = mkdtempSync(join(tmpdir(), 'snapevo-weights-'));
    writeModel(unetKind, folder, model);
    const stored = measuredUNet(openModel(unetKind, folder));
    const firstElement = async (unet: MeasuredUNet): Promise<number> => {
      const site = blockSites(config).find(({ id }) => id === 'mid_block.attentions.0') as BlockSite;
      const { graph, feeds } = blockGraph(unet, { site, present: true }, smallKey);
      const session = await Session.create(serializeModel(graph), parseDevice('cpu', 1), weightFolder(unet));
      const [output] = Object.values(await session.run(feeds));
      await session.release();
      return Number(output?.data[0]);
    };
    const fromFile = await firstElement(stored);
    rmSync(folder, { recursive: true });
    expect(fromFile).toBe(await firstElement({ config, findWeight: (name) => weights.get(name) }));
  });

  test('has a name that it shares with blocks of the same work only', () => {
    const names = (key: typeof smallKey): string[] =>
      sites.map((site) => aloneSubject(smallUNet.config, { site, present: true }, key));
    const perWork = new Map(
      sites.map((site, index) => [names(smallKey)[index], [site.kind, siteInChannels(site), site.reduction]]),
    );
    expect(perWork.size).toBeLessThan(sites.length);
    for (const [index, site] of sites.entries()) {
      const expected = [site.kind, siteInChannels(site), site.reduction];
      expect(perWork.get(names(smallKey)[index])).toEqual(expected);
    }
    expect(names({ ...smallKey, latentWidth: 16 })).not.toEqual(names(smallKey));
  });
});

describe('a step', () => {
  test('runs as the search finds it, copies on the weights of their roots', async () => {
    const copied = copyBlock(original, 'mid_block.attentions.0');
    const { graph, feeds } = stepGraph(smallUNet, copied, smallKey);
    verifyGraph(graph);
    expect(feeds['timestep']?.data).toEqual(Float32Array.of(500, 500));
    const session = await Session.create(serializeModel(graph), parseDevice('cpu', 1));
    const [output] = Object.values(await session.run(feeds));
    await session.release();
    expect(Number(output?.data[0])).not.toBeNaN();
  });

  test('of guided images is of twice the batch', () => {
    expect(stepBatchSize(3, 1)).toBe(3);
    expect(stepBatchSize(3, 7.5)).toBe(6);
  });
});
