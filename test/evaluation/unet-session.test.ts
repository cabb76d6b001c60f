import { afterAll, describe, expect, it } from 'vitest';
import {
  applyActions,
  copyBlock,
  presentBlocks,
  quantizeBlock,
  removeBlock,
  type Architecture,
} from '../../src/architecture/architecture.js';
import { gaussianNoise } from '../../src/diffusion/gaussian.js';
import { blockWeights } from '../../src/evaluation/block-weights.js';
import { UNetSession, type UNetExtents } from '../../src/evaluation/unet-session.js';
import { UNetSessions, type LoadedWeights } from '../../src/evaluation/unet-sessions.js';
import { initializeParameters } from '../../src/model/initialize-parameters.js';
import { openModel, writeModel } from '../../src/model/model-folder.js';
import { unetKind } from '../../src/model/model-kind.js';
import { initializerParameters, type Weights } from '../../src/model/parameters.js';
import { buildUNet, unetParameters } from '../../src/model/unet.js';
import { float32Tensor } from '../../src/runtime/tensor.js';
import { runGraph } from '../model/golden.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { largestDifference, models, openHost, original } from './golden-models.js';

const { config, weights } = models.unet;
const extents: UNetExtents = { rows: 2, height: 8, width: 8, tokens: 5 };
const latents = gaussianNoise({ seed: 1, index: 0 }, 2 * 4 * 8 * 8);
const context = gaussianNoise({ seed: 1, index: 1 }, 2 * 5 * config.contextChannels);
const timestep = 500;

const attention = 'mid_block.attentions.0';
const withCopy = copyBlock(original, attention);
const copy = `${attention}+1`;

/** What the graph without the skipped blocks computes. */
async function runStatic(architecture: Architecture, from: Weights): Promise<ArrayLike<number>> {
  const feeds = {
    sample: float32Tensor([2, 4, 8, 8], latents),
    timestep: float32Tensor([2], new Float32Array(2).fill(timestep)),
    encoderHiddenStates: float32Tensor([2, 5, config.contextChannels], context),
  };
  const { output } = await runGraph(feeds, (g, input) => {
    const inputs = {
      sample: input('sample'),
      timestep: input('timestep'),
      encoderHiddenStates: input('encoderHiddenStates'),
    };
    const parameters = initializerParameters(blockWeights(from, architecture));
    return { output: buildUNet(g, config, architecture, parameters, inputs) };
  });
  return (output?.data ?? []) as Float32Array;
}

describe('a gated UNet', () => {
  const host = openHost();
  afterAll(() => host.close());

  it('runs on weights in a file as on the same in memory', async () => {
    const folder = temporaryFolder();
    writeModel(unetKind, folder, models.unet);
    const [inFile, inMemory] = await Promise.all(
      [openModel(unetKind, folder).weights, weights].map(async (from) => {
        const session = await UNetSession.create(host, { config, architecture: withCopy, extents }, from);
        const made = await session.passOf(withCopy)(latents, timestep, context);
        await session.release();
        return made;
      }),
    );
    expect(largestDifference(inFile ?? [], inMemory ?? [])).toBeLessThan(1e-5);
  });

  it('runs blocks on int8 that the architecture has so, and no others', { timeout: 240_000 }, async () => {
    const quantized = quantizeBlock(original, attention);
    const sessions = await Promise.all(
      [original, quantized].map((architecture) =>
        UNetSession.create(host, { config, architecture, extents }, weights),
      ),
    );
    const [own, int8] = sessions;
    expect([own?.canRun(quantized), int8?.canRun(quantized), int8?.canRun(original)]).toEqual([
      false,
      true,
      false,
    ]);
    const expected = await own?.passOf(original)(latents, timestep, context);
    const found = await int8?.passOf(quantized)(latents, timestep, context);
    const difference = largestDifference(expected ?? [], found ?? []);
    expect(difference).toBeGreaterThan(1e-6);
    expect(difference).toBeLessThan(0.1);
    const removed = removeBlock(quantized, attention);
    expect(int8?.canRun(removed)).toBe(true);
    const without = await int8?.passOf(removed)(latents, timestep, context);
    expect(largestDifference(await runStatic(removed, weights), without ?? [])).toBeLessThan(1e-5);
    for (const session of sessions) await session.release();
  });

  it('computes what the graph without the blocks computes', { timeout: 240_000 }, async () => {
    const session = await UNetSession.create(host, { config, architecture: original, extents }, weights);
    const ids = presentBlocks(original).map(({ id }) => id);
    const without = (...left: readonly string[]): Architecture => left.reduce(removeBlock, original);
    const evens = ids.filter((_, index) => index % 2 === 0);
    const intact = await runStatic(original, weights);
    for (const architecture of [
      original,
      ...ids.map((id) => without(id)),
      without(...evens),
      without(...ids),
    ]) {
      const gated = await session.passOf(architecture)(latents, timestep, context);
      const expected = await runStatic(architecture, weights);
      expect(largestDifference(gated, expected)).toBeLessThan(1e-5);
      if (architecture !== original) expect(largestDifference(gated, intact)).toBeGreaterThan(1e-4);
    }
    await session.release();
  });

  it('runs a copy on the weights of its source, or its own where there are some', async () => {
    const trained = initializeParameters(unetParameters(config, withCopy), 5);
    const own = new Map([...trained].filter(([name]) => name.startsWith(`${copy}.`)));
    const results: ArrayLike<number>[] = [];
    for (const from of [weights, new Map([...weights, ...own])]) {
      const session = await UNetSession.create(host, { config, architecture: withCopy, extents }, from);
      const gated = await session.passOf(withCopy)(latents, timestep, context);
      expect(largestDifference(gated, await runStatic(withCopy, from))).toBeLessThan(1e-5);
      const closed = await session.passOf(original)(latents, timestep, context);
      expect(largestDifference(closed, await runStatic(original, weights))).toBeLessThan(1e-5);
      results.push(gated);
      await session.release();
    }
    expect(largestDifference(results[0] ?? [], results[1] ?? [])).toBeGreaterThan(1e-4);
  });

  it('says which architectures it can run', async () => {
    const session = await UNetSession.create(host, { config, architecture: withCopy, extents }, weights);
    expect(session.canRun(original)).toBe(true);
    expect(session.canRun(removeBlock(withCopy, attention))).toBe(true);
    expect(session.canRun(copyBlock(withCopy, attention))).toBe(false);
    expect(session.canRun({ ...original, base: 'another' })).toBe(false);
    await session.release();
  });
});

describe('UNet sessions', () => {
  const host = openHost();
  afterAll(() => host.close());

  it('are loaded once for all removals, again for a new copy or new weights, and make room', async () => {
    const loaded: string[] = [];
    const loadWeights = (reference: string): Promise<LoadedWeights> => {
      loaded.push(reference);
      return Promise.resolve({ weights });
    };
    const sessions = new UNetSessions({ host, config, loadWeights, extents, capacity: 2 });
    const use = async (architecture: Architecture, reference: string): Promise<number> => {
      await sessions.withPass(architecture, reference, (pass) => pass(latents, timestep, context));
      return loaded.length;
    };
    const removals = presentBlocks(original).map(({ id }) => removeBlock(original, id));
    for (const architecture of [original, ...removals]) expect(await use(architecture, 'a')).toBe(1);
    expect(await use(withCopy, 'a')).toBe(2);
    expect(await use(applyActions(withCopy, [{ type: 'remove', block: attention }]), 'a')).toBe(2);
    expect(await use(original, 'a')).toBe(2);
    expect(await use(original, 'b')).toBe(3);
    expect(await use(withCopy, 'a')).toBe(3);
    expect(await use(original, 'c')).toBe(4);
    expect(await use(original, 'b')).toBe(5);
    expect(loaded).toEqual(['a', 'a', 'b', 'c', 'b']);
    await sessions.release();
  });

  it.each([1, 2])('serves several at a time with room for %d, and frees none that runs', async (capacity) => {
    const loadWeights = (): Promise<LoadedWeights> => Promise.resolve({ weights });
    const sessions = new UNetSessions({ host, config, loadWeights, extents, capacity });
    const use = (architecture: Architecture, reference: string): Promise<Float32Array> =>
      sessions.withPass(architecture, reference, async (pass) => {
        await pass(latents, timestep, context);
        return pass(latents, timestep, context);
      });
    const wanted = [
      [original, 'a'],
      [withCopy, 'a'],
      [original, 'b'],
      [removeBlock(original, attention), 'b'],
      [original, 'a'],
    ] as const;
    const together = await Promise.all(
      wanted.map(([architecture, reference]) => use(architecture, reference)),
    );
    const none = (): Promise<never> => Promise.reject(new Error('expected not to run'));
    const givenUp = sessions.withPass(original, 'c', none, AbortSignal.abort(new Error('given up')));
    await expect(givenUp).rejects.toThrow('given up');
    const failing = sessions.withPass(original, 'a', () => Promise.reject(new Error('mine')));
    await expect(failing).rejects.toThrow('mine');
    for (const [i, [architecture, reference]] of wanted.entries()) {
      expect(together[i]).toEqual(await use(architecture, reference));
    }
    await sessions.release();
  });
});
