import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSampler } from '../../src/diffusion/create-sampler.js';
import { addNoise } from '../../src/diffusion/forward-process.js';
import { createNoiseSchedule } from '../../src/diffusion/noise-schedule.js';
import { parseSchedulerConfig } from '../../src/diffusion/scheduler-config.js';
import { worstDifference } from './golden.js';

const configOf = (fields: object) =>
  parseSchedulerConfig(JSON.stringify({ _class_name: 'DDIMScheduler', clip_sample: false, ...fields }));
const config = configOf({ beta_schedule: 'scaled_linear', beta_start: 0.00085, beta_end: 0.012 });
const values = fc.float32Array({ minLength: 6, maxLength: 6, min: -3, max: 3, noNaN: true });

describe('samplers', () => {
  test('DDIM told the true noise comes back to the clean latents, however few the steps', () => {
    const schedule = createNoiseSchedule(config);
    fc.assert(
      fc.property(values, values, fc.integer({ min: 1, max: 50 }), (clean, noise, steps) => {
        const sampler = createSampler(config, { steps });
        let latents = addNoise(schedule, clean, noise, [sampler.timesteps[0] ?? NaN]);
        sampler.timesteps.forEach((_, i) => {
          latents = Float32Array.from(sampler.step(noise, i, latents));
        });
        expect(worstDifference(latents, clean)).toBeLessThan(1e-4);
      }),
    );
  });

  test('leave their arguments alone and answer the same again', () => {
    const sampler = createSampler(config, { steps: 5, eta: 0.5 });
    const [output, sample, noise] = [
      new Float32Array([1, 2]),
      new Float32Array([3, 4]),
      new Float32Array([5, 6]),
    ];
    const first = sampler.step(output, 2, sample, noise);
    expect(sampler.step(output, 2, sample, noise)).toEqual(first);
    expect([...output, ...sample, ...noise]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(Object.isFrozen(sampler)).toBe(true);
    expect(Object.isFrozen(sampler.timesteps)).toBe(true);
  });

  test('say which steps need noise, and insist on it', () => {
    const noisySteps = (kind: 'ddim' | 'ddpm', eta: number) => {
      const sampler = createSampler(config, { kind, steps: 3, eta });
      return sampler.timesteps.map((_, i) => sampler.needsNoise(i));
    };
    expect(noisySteps('ddim', 0)).toEqual([false, false, false]);
    expect(noisySteps('ddim', 1)).toEqual([true, true, false]);
    expect(noisySteps('ddpm', 0)).toEqual([true, true, false]);
    const ddpm = createSampler(config, { kind: 'ddpm', steps: 3 });
    expect(() => ddpm.step(new Float32Array(2), 0, new Float32Array(2))).toThrow(
      expect.objectContaining({ code: 'DIFFUSION_NO_NOISE' }),
    );
  });

  test("are the configuration's own unless told otherwise", () => {
    const ddpm = configOf({ _class_name: 'DDPMScheduler' });
    expect(createSampler(ddpm, { steps: 3 }).needsNoise(0)).toBe(true);
    expect(createSampler(ddpm, { steps: 3, kind: 'ddim' }).needsNoise(0)).toBe(false);
  });

  test('refuse what they cannot do', () => {
    const sampler = createSampler(config, { steps: 3 });
    const two = new Float32Array(2);
    expect(() => sampler.step(two, 3, two)).toThrow(expect.objectContaining({ code: 'DIFFUSION_BAD_STEP' }));
    expect(() => sampler.step(new Float32Array(3), 0, two)).toThrow(
      expect.objectContaining({ code: 'DIFFUSION_BAD_SHAPE' }),
    );
    for (const eta of [-0.1, 1.1, NaN]) {
      expect(() => createSampler(config, { steps: 3, eta })).toThrow(
        expect.objectContaining({ code: 'DIFFUSION_BAD_ETA' }),
      );
    }
    const zeroSnr = configOf({ rescale_betas_zero_snr: true, timestep_spacing: 'trailing' });
    expect(() => createSampler(zeroSnr, { steps: 3 })).toThrow(
      expect.objectContaining({ code: 'DIFFUSION_SINGULAR' }),
    );
  });
});
