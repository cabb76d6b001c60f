import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { decodePictures } from '../../src/compression/decoder-error.js';
import { pictureBytes } from '../../src/evaluation/picture.js';
import type { PictureRequest } from '../../src/evaluation/text-to-image-pipeline.js';
import { openSafetensors } from '../../src/onnx/safetensors.js';
import type { TaskTiming } from '../../src/runtime/device-host.js';
import {
  captions,
  largestDifference,
  models,
  openClip,
  openHost,
  openPipeline,
  pretrained,
} from './golden-models.js';

const goldenPath = (name: string): URL => new URL(`../golden/evaluation/${name}`, import.meta.url);
const golden = JSON.parse(readFileSync(goldenPath('pictures.json'), 'utf8')) as {
  readonly seed: number;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly prompts: readonly string[];
  readonly clipScores: readonly number[];
};

const requestsOf = (texts: readonly string[], seed: number): PictureRequest[] =>
  texts.map((caption, index) => ({ caption, noise: { seed, index } }));

/** What the device does meanwhile. */
async function tasksOf(work: () => Promise<unknown>): Promise<TaskTiming['kind'][]> {
  const kinds: TaskTiming['kind'][] = [];
  const listen = (message: unknown): void => {
    kinds.push((message as TaskTiming).kind);
  };
  subscribe('snapevo:device-task', listen);
  await work();
  unsubscribe('snapevo:device-task', listen);
  return kinds;
}

/** How often sessions run meanwhile. */
const runsOf = async (work: () => Promise<unknown>): Promise<number> =>
  (await tasksOf(work)).filter((kind) => kind === 'run').length;

describe('the text-to-image pipeline', () => {
  const host = openHost();
  afterAll(() => host.close());

  it.each(['guided', 'unguided'] as const)('makes the %s pictures that diffusers makes', async (name) => {
    const { seed, steps, prompts } = golden;
    const guidanceScale = name === 'guided' ? golden.guidanceScale : 1;
    const pipeline = await openPipeline(host, { batch: 2, steps, guidanceScale });
    const pictures = await pipeline.generate(pretrained, requestsOf(prompts, seed));
    const expected = openSafetensors(goldenPath('pictures.safetensors').pathname).read(name);
    const size = 3 * 32 * 32;
    expect(pictures.map(({ height, width }) => [height, width])).toEqual(prompts.map(() => [32, 32]));
    pictures.forEach(({ pixels }, index) => {
      const own = expected.subarray(index * size, (index + 1) * size);
      expect(largestDifference(pixels, own)).toBeLessThan(1e-4);
    });
    if (name === 'guided') {
      const clip = await openClip(host);
      const scores = await clip.score(pictures, prompts);
      // transformers rounds pixels to whole numbers, before resizing and after
      expect(largestDifference(scores, golden.clipScores)).toBeLessThan(1e-3);
      await clip.release();
    }
    await pipeline.release();
  });

  it.each([
    ['and no caption under guidance', 3, 2],
    ['alone without guidance', 1, 1],
    ['alone below', 0, 1],
  ])('embeds the caption %s', async (_, guidanceScale, embeddings) => {
    const pipeline = await openPipeline(host, { batch: 1, steps: 2, guidanceScale });
    const runs = await runsOf(() => pipeline.generate(pretrained, requestsOf(['cat'], 1)));
    const [steps, decodings] = [2, 1];
    expect(runs).toBe(embeddings + steps + decodings);
    await pipeline.release();
  });

  it('gives the latents that it decodes, and does not decode them', async () => {
    const pipeline = await openPipeline(host, { batch: 2, steps: 2, guidanceScale: 3 });
    const requests = requestsOf(captions.slice(0, 3), 3);
    const pictures = await pipeline.generate(pretrained, requests);
    const steps: string[] = [];
    let latents: Float32Array[] = [];
    const runs = await runsOf(async () => {
      latents = await pipeline.generateLatents(pretrained, requests, {
        onStep: (done, total) => steps.push(`${done}/${total}`),
      });
    });
    expect(runs).toBe(2 * 2);
    expect(steps).toEqual(['1/4', '2/4', '3/4', '4/4']);
    const { vae } = models;
    const rows = latents.map((row) => row.map((value) => value / vae.config.scalingFactor));
    const decoded = await decodePictures(host, vae, { shape: pipeline.latentShape, rows }, 2);
    decoded.forEach((picture, index) => {
      expect(largestDifference(picture, pictures[index]?.pixels ?? [])).toBeLessThan(1e-6);
    });
    await pipeline.release();
  });

  it('makes a picture the same whatever is made beside it', async () => {
    const requests = requestsOf(captions, 3);
    const together = await openPipeline(host, { batch: captions.length });
    const apart = await openPipeline(host, { batch: 2 });
    const whole = await together.generate(pretrained, requests);
    const split = await apart.generate(pretrained, requests);
    const reversed = (await apart.generate(pretrained, requests.toReversed())).toReversed();
    for (const [index, { pixels }] of whole.entries()) {
      expect(largestDifference(split[index]?.pixels ?? [], pixels)).toBeLessThan(1e-4);
      expect(largestDifference(reversed[index]?.pixels ?? [], pixels)).toBeLessThan(1e-4);
    }
    expect(largestDifference(whole[0]?.pixels ?? [], whole[1]?.pixels ?? [])).toBeGreaterThan(1e-2);
    await Promise.all([together.release(), apart.release()]);
  });

  it('adds keyed noise where the sampler is stochastic, and makes other sizes', async () => {
    const pipeline = await openPipeline(host, { eta: 1, height: 16, width: 32 });
    const requests = requestsOf(captions.slice(0, 2), 3);
    const [once, again] = [
      await pipeline.generate(pretrained, requests),
      await pipeline.generate(pretrained, requests),
    ];
    expect(again).toEqual(once);
    expect(once.map(({ height, width, pixels }) => [height, width, pixels.length])).toEqual([
      [16, 32, 1536],
      [16, 32, 1536],
    ]);
    const deterministic = await openPipeline(host, { height: 16, width: 32 });
    const [calm] = await deterministic.generate(pretrained, requests);
    expect(largestDifference(calm?.pixels ?? [], once[0]?.pixels ?? [])).toBeGreaterThan(1e-2);
    await Promise.all([pipeline.release(), deterministic.release()]);
  });

  it('loads the UNet again after it was to make room, and makes the same pictures', async () => {
    const pipeline = await openPipeline(host);
    const requests = requestsOf(captions.slice(0, 2), 3);
    const before = await pipeline.generate(pretrained, requests);
    expect(await tasksOf(() => pipeline.releaseUNets())).toEqual(['release']);
    let after: typeof before = [];
    const tasks = await tasksOf(async () => {
      after = await pipeline.generate(pretrained, requests);
    });
    expect(tasks.filter((kind) => kind === 'create')).toHaveLength(1);
    expect(after).toEqual(before);
    await pipeline.release();
  });

  it('makes room once the pictures under way are there, and before those asked for later', async () => {
    const requests = requestsOf(captions.slice(0, 2), 3);
    const made: unknown[] = [];
    const tasks = await tasksOf(async () => {
      const pipeline = await openPipeline(host);
      const asked: Promise<void>[] = [];
      const makeRoom = (): void => {
        asked.push(pipeline.releaseUNets());
      };
      const first = pipeline.generate(pretrained, requests);
      makeRoom();
      const second = pipeline.generate(pretrained, requests, { onStep: makeRoom });
      made.push(await first, await second);
      await Promise.all(asked);
      made.push(await pipeline.generate(pretrained, requests));
      await pipeline.release();
    });
    const [others, unets] = [2, 3];
    expect(tasks.filter((kind) => kind === 'create')).toHaveLength(others + unets);
    expect(tasks.filter((kind) => kind === 'release')).toHaveLength(others + unets);
    expect(made[1]).toEqual(made[0]);
    expect(made[2]).toEqual(made[0]);
  });

  it('refuses a size that is no whole number of latents', async () => {
    await expect(openPipeline(host, { width: 30 })).rejects.toMatchObject({ code: 'PICTURE_SIZE' });
  });

  it('tells every step and stops when asked to', async () => {
    const pipeline = await openPipeline(host);
    const steps: string[] = [];
    await pipeline.generate(pretrained, requestsOf(captions.slice(0, 4), 0), {
      onStep: (done, total) => steps.push(`${done}/${total}`),
    });
    expect(steps).toEqual(['1/4', '2/4', '3/4', '4/4']);
    const stopped = pipeline.generate(pretrained, requestsOf(captions, 0), {
      signal: AbortSignal.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
    await pipeline.release();
  });
});

describe('a picture as bytes', () => {
  it('is interleaved, from 0 to 255', () => {
    const pixels = Float32Array.of(-1, 1, 0, 0.5, 2, -2);
    expect([...pictureBytes({ height: 1, width: 2, pixels })]).toEqual([0, 128, 255, 255, 191, 0]);
  });
});
