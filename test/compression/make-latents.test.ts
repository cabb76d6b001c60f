import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeDecoderLatents, type LatentParts } from '../../src/compression/decoder-latents.js';
import type { PictureRequest } from '../../src/evaluation/text-to-image-pipeline.js';
import { loadPipeline } from '../../src/model/pipeline-folder.js';
import { goldenFolder } from '../model/golden-folder.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const { architecture } = loadPipeline(goldenFolder('pipeline'));
const plan = { seed: 4, latents: 5, heldOutLatents: 3, latentBatch: 2, denoisingSteps: 7, guidanceScale: 2 };
const captions = { training: ['a', 'b', 'c'], heldOut: ['x'] };

/** A pipeline whose latents are their noise's index twice; stops after so many calls. */
function generator(stopAfter = Number.POSITIVE_INFINITY) {
  const control = new AbortController();
  const asked: PictureRequest[][] = [];
  const told: string[] = [];
  let [opened, released] = [0, 0];
  const parts: LatentParts = {
    unet: { architecture, weights: 'w' },
    captions,
    onLatents: (use, done, total) => told.push(`${use} ${done}/${total}`),
    openGenerator: (settings) => {
      expect(settings).toEqual({ steps: 7, guidanceScale: 2, batch: 2 });
      opened += 1;
      return Promise.resolve({
        latentShape: [1, 1, 2] as const,
        generateLatents: (unet, requests) => {
          expect(unet.weights).toBe('w');
          asked.push([...requests]);
          if (asked.length > stopAfter) {
            control.abort();
            return Promise.reject(control.signal.reason as Error);
          }
          return Promise.resolve(
            requests.map(({ noise }) => Float32Array.of(noise.index % 2 ** 31, noise.seed)),
          );
        },
        release: () => {
          released += 1;
          return Promise.resolve();
        },
      });
    },
  };
  const counts = (): readonly number[] => [opened, released];
  return { parts, signal: control.signal, asked, told, counts };
}

describe('the latents of a compression', () => {
  it('are made of the captions over and over, each from its own noise, the held-out from others', async () => {
    const { parts, signal, asked, told, counts } = generator();
    const made = await makeDecoderLatents(temporaryFolder(), parts, plan, signal);
    expect(made?.training).toEqual({
      shape: [1, 1, 2],
      rows: [0, 1, 2, 3, 4].map((index) => Float32Array.of(index, 4)),
    });
    expect(asked.flat().map(({ caption }) => caption)).toEqual(['a', 'b', 'c', 'a', 'b', 'x', 'x', 'x']);
    const noises = asked.flat().map(({ noise }) => `${noise.seed} ${noise.index}`);
    expect(new Set(noises).size).toBe(8);
    expect(asked.map(({ length }) => length)).toEqual([2, 2, 1, 2, 1]);
    expect(told).toEqual(['training 2/5', 'training 4/5', 'training 5/5', 'heldOut 2/3', 'heldOut 3/3']);
    expect(counts()).toEqual([1, 1]);
  });

  it('go on where they were interrupted, and once made ask for no pipeline', async () => {
    const folder = temporaryFolder();
    const whole = generator();
    const expected = await makeDecoderLatents(temporaryFolder(), whole.parts, plan, whole.signal);
    const stopped = generator(3);
    expect(await makeDecoderLatents(folder, stopped.parts, plan, stopped.signal)).toBeUndefined();
    expect(stopped.counts()).toEqual([1, 1]);
    expect(readdirSync(folder)).toHaveLength(3);
    const resumed = generator();
    expect(await makeDecoderLatents(folder, resumed.parts, plan, resumed.signal)).toEqual(expected);
    expect(resumed.asked.flat()).toEqual(whole.asked.slice(3).flat());
    expect(resumed.told).toEqual(['heldOut 2/3', 'heldOut 3/3']);
    const done = generator();
    expect(await makeDecoderLatents(folder, done.parts, plan, done.signal)).toEqual(expected);
    expect(done.counts()).toEqual([0, 0]);
  });

  it('are made anew of other captions, whatever lies in the folder', async () => {
    const folder = temporaryFolder();
    const first = generator();
    await makeDecoderLatents(folder, first.parts, plan, first.signal);
    const { parts, signal, asked } = generator();
    const others = { ...captions, heldOut: ['y'] };
    await makeDecoderLatents(folder, { ...parts, captions: others }, plan, signal);
    expect(asked.flat().map(({ caption }) => caption)).toEqual(['y', 'y', 'y']);
  });

  it('pass on what else goes wrong', async () => {
    const folder = temporaryFolder();
    const { parts, signal } = generator();
    await makeDecoderLatents(folder, parts, plan, signal);
    for (const name of readdirSync(folder)) writeFileSync(join(folder, name), 'torn');
    await expect(makeDecoderLatents(folder, parts, plan, signal)).rejects.toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^SAFETENSORS_/) as unknown }) as Error,
    );
  });
});
