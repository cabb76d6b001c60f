import { describe, expect, test } from 'vitest';
import { createSampler } from '../../src/diffusion/create-sampler.js';
import { gaussianBatch } from '../../src/diffusion/gaussian.js';
import { guide, rescaleGuidance } from '../../src/diffusion/guidance.js';
import type { Sampler } from '../../src/diffusion/sampler.js';
import { parseSchedulerConfig } from '../../src/diffusion/scheduler-config.js';
import { sampleLatents, splitPasses, stackPasses, textToImage } from '../../src/diffusion/text-to-image.js';
import type { Pass, Predict } from '../../src/diffusion/text-to-image.js';

const config = parseSchedulerConfig('{"_class_name": "DDIMScheduler", "clip_sample": false}');
const ancestralConfig = parseSchedulerConfig('{"_class_name": "DDPMScheduler", "clip_sample": false}');
const latents = gaussianBatch(1, [0, 1], 6);
const FACTORS: Readonly<Record<Pass, number>> = { conditional: 0.5, unconditional: 0.2 };
const output = (values: Float32Array, pass: Pass): Float32Array =>
  values.map((value) => FACTORS[pass] * value);
const eachPass: Predict = (values, _, passes) => Promise.resolve(passes.map((pass) => output(values, pass)));

/** A network of its own that runs all passes as one batch. */
const doubledBatch: Predict = (values, _, passes) => {
  const stacked = stackPasses(values, passes.length);
  const run = stacked.map(
    (value, k) => FACTORS[passes[Math.floor(k / values.length)] ?? 'conditional'] * value,
  );
  return Promise.resolve(splitPasses(run, passes.length));
};

function byHand(sampler: Sampler, combine: (values: Float32Array) => Float32Array): Float32Array {
  let current = Float32Array.from(latents);
  sampler.timesteps.forEach((_, i) => {
    current = Float32Array.from(sampler.step(i, { output: combine(current), sample: current }).latents);
  });
  return current;
}

describe('textToImage', () => {
  const sampler = createSampler(config, { steps: 4 });
  const base = { predict: eachPass, sampler, latents, batch: 2, guidanceScale: 3 };

  test('guides, steps and decodes', async () => {
    const expected = byHand(sampler, (values) =>
      guide(output(values, 'unconditional'), output(values, 'conditional'), 3),
    );
    const images = await textToImage({ ...base, decode: (last) => Promise.resolve({ last }) });
    expect(images.last).toEqual(expected);
  });

  test('gives the same whether the passes run alone or as one batch', async () => {
    expect(await sampleLatents({ ...base, predict: doubledBatch })).toEqual(await sampleLatents(base));
  });

  test.each([1, 0])('runs no unconditional pass at a guidance scale of %s', async (guidanceScale) => {
    const asked: (readonly Pass[])[] = [];
    const predict: Predict = (values, timestep, passes) => {
      asked.push(passes);
      return eachPass(values, timestep, passes);
    };
    const last = await sampleLatents({ ...base, predict, guidanceScale });
    expect(asked).toEqual(Array.from({ length: 4 }, () => ['conditional']));
    expect(last).toEqual(byHand(sampler, (values) => output(values, 'conditional')));
  });

  test.each([Number.NaN, Infinity])('decodes no latents that came to %s', async (value) => {
    const predict: Predict = (values, _, passes) =>
      Promise.resolve(passes.map(() => values.map((each, i) => (i === 3 ? value : each))));
    let decoded = 0;
    const decode = (): Promise<void> => {
      decoded += 1;
      return Promise.resolve();
    };
    await expect(textToImage({ ...base, predict, decode })).rejects.toMatchObject({
      code: 'DIFFUSION_NOT_FINITE',
      fault: 'user',
    });
    expect(decoded).toBe(0);
  });

  test('rescales the guidance image by image when told to', async () => {
    const expected = byHand(sampler, (values) => {
      const conditional = output(values, 'conditional');
      return rescaleGuidance(guide(output(values, 'unconditional'), conditional, 3), conditional, 2, 0.7);
    });
    expect(await sampleLatents({ ...base, guidanceRescale: 0.7 })).toEqual(expected);
  });

  test('makes an image the same alone and in a batch', async () => {
    const ancestral = createSampler(ancestralConfig, { steps: 4 });
    const run = (indices: readonly number[]) =>
      sampleLatents({
        ...base,
        sampler: ancestral,
        latents: gaussianBatch(1, indices, 6),
        batch: indices.length,
        noise: (index) => gaussianBatch(1, indices, 6, 1 + index),
      });
    expect((await run([0, 1, 2])).subarray(12)).toEqual(await run([2]));
  });

  test('shows the network scaled latents that start at the sampler’s deviation', async () => {
    const shown: number[] = [];
    const halving: Sampler = {
      ...sampler,
      initNoiseSigma: 8,
      scaleInput: (sample) => sample.map((x) => x / 2),
    };
    const predict: Predict = (values, timestep, passes) => {
      shown.push((values[0] ?? NaN) / (latents[0] ?? NaN), timestep);
      return eachPass(values, timestep, passes);
    };
    await sampleLatents({ ...base, predict, sampler: halving });
    expect(shown.slice(0, 2)).toEqual([4, sampler.timesteps[0]]);
  });

  test('stops between steps when aborted, and decodes nothing', async () => {
    const controller = new AbortController();
    const done: number[] = [];
    const run = textToImage({
      ...base,
      signal: controller.signal,
      onStep: (step, total) => {
        done.push(step / total);
        if (step === 2) controller.abort(new Error('enough'));
      },
      decode: () => Promise.reject(new Error('decoded')),
    });
    await expect(run).rejects.toThrow('enough');
    expect(done).toEqual([0.25, 0.5]);
  });

  test('decodes nothing when aborted after the last step', async () => {
    const controller = new AbortController();
    const run = textToImage({
      ...base,
      signal: controller.signal,
      onStep: (step, total) => {
        if (step === total) controller.abort(new Error('enough'));
      },
      decode: () => Promise.reject(new Error('decoded')),
    });
    await expect(run).rejects.toThrow('enough');
  });

  test('refuses outputs that do not fit', async () => {
    const none: Predict = () => Promise.resolve([]);
    const short: Predict = (_, __, passes) => Promise.resolve(passes.map(() => new Float32Array(1)));
    await expect(sampleLatents({ ...base, predict: none })).rejects.toMatchObject({
      code: 'DIFFUSION_BAD_PASSES',
    });
    await expect(sampleLatents({ ...base, predict: short })).rejects.toMatchObject({
      code: 'DIFFUSION_BAD_SHAPE',
    });
    const ancestral = createSampler(ancestralConfig, { steps: 4 });
    await expect(sampleLatents({ ...base, sampler: ancestral })).rejects.toMatchObject({
      code: 'DIFFUSION_NO_NOISE',
    });
  });
});
