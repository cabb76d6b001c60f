import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSampler } from '../../src/diffusion/create-sampler.js';
import { addNoise } from '../../src/diffusion/forward-process.js';
import { createNoiseSchedule } from '../../src/diffusion/noise-schedule.js';
import type { SamplerKind } from '../../src/diffusion/sampler-kind.js';
import { parseSchedulerConfig } from '../../src/diffusion/scheduler-config.js';
import { worstDifference } from './golden.js';

const configOf = (fields: object, sampler?: SamplerKind) => {
  const file = { _class_name: 'DDIMScheduler', clip_sample: false, ...fields };
  return parseSchedulerConfig(JSON.stringify(file), 'scheduler_config.json', sampler);
};
const STABLE_DIFFUSION = { beta_schedule: 'scaled_linear', beta_start: 0.00085, beta_end: 0.012 };
const config = configOf(STABLE_DIFFUSION);
const values = fc.float32Array({ minLength: 6, maxLength: 6, min: -3, max: 3, noNaN: true });

describe('samplers', () => {
  test('DDIM told the true noise comes back to the clean latents, however few the steps', () => {
    const schedule = createNoiseSchedule(config);
    fc.assert(
      fc.property(values, values, fc.integer({ min: 1, max: 50 }), (clean, noise, steps) => {
        const sampler = createSampler(config, { steps });
        let latents = addNoise(schedule, clean, noise, [sampler.timesteps[0] ?? NaN]);
        sampler.timesteps.forEach((_, i) => {
          latents = sampler.step(i, { output: noise, sample: latents }).latents;
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
    const first = sampler.step(2, { output, sample, noise });
    expect(sampler.step(2, { output, sample, noise })).toEqual(first);
    expect([...output, ...sample, ...noise]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(Object.isFrozen(sampler)).toBe(true);
    expect(Object.isFrozen(sampler.timesteps)).toBe(true);
  });

  test('say which steps need noise, and insist on it', () => {
    const noisySteps = (kind: 'ddim' | 'ddpm', eta: number) => {
      const sampler = createSampler(configOf(STABLE_DIFFUSION, kind), { steps: 3, eta });
      return sampler.timesteps.map((_, i) => sampler.needsNoise(i));
    };
    expect(noisySteps('ddim', 0)).toEqual([false, false, false]);
    expect(noisySteps('ddim', 1)).toEqual([true, true, false]);
    expect(noisySteps('ddpm', 0)).toEqual([true, true, false]);
    const ddpm = createSampler(configOf(STABLE_DIFFUSION, 'ddpm'), { steps: 3 });
    expect(() => ddpm.step(0, { output: new Float32Array(2), sample: new Float32Array(2) })).toThrow(
      expect.objectContaining({ code: 'DIFFUSION_NO_NOISE' }),
    );
  });

  test('of several steps insist on what the step before predicted', () => {
    const sampler = createSampler(configOf(STABLE_DIFFUSION, 'dpm-solver++'), { steps: 3 });
    const two = new Float32Array([1, 2]);
    const { clean } = sampler.step(0, { output: two, sample: two });
    expect(() => sampler.step(1, { output: two, sample: two })).toThrow(
      expect.objectContaining({ code: 'DIFFUSION_NO_HISTORY' }),
    );
    expect(sampler.step(1, { output: two, sample: two, previousClean: clean }).latents).toHaveLength(2);
  });

  test('that go from one timestep to the next come back to the clean latents when told the true noise', () => {
    const schedule = createNoiseSchedule(config);
    fc.assert(
      fc.property(
        fc.constantFrom<SamplerKind>('euler', 'dpm-solver++'),
        values,
        values,
        fc.integer({ min: 1, max: 30 }),
        (kind, clean, noise, steps) => {
          const sampler = createSampler(
            configOf({ ...STABLE_DIFFUSION, timestep_spacing: 'trailing' }, kind),
            {
              steps,
            },
          );
          const noisy = addNoise(schedule, clean, noise, [999]);
          const signal = Math.sqrt(schedule.alphasCumprod[999] ?? Number.NaN);
          let latents = kind === 'euler' ? noisy.map((value) => value / signal) : noisy;
          let previousClean: Float32Array | undefined;
          sampler.timesteps.forEach((_, i) => {
            const result = sampler.step(i, { output: noise, sample: latents, previousClean });
            latents = result.latents;
            previousClean = result.clean;
          });
          expect(worstDifference(latents, clean)).toBeLessThan(1e-4);
        },
      ),
    );
  });

  test('refuse what they cannot do', () => {
    const sampler = createSampler(config, { steps: 3 });
    const two = new Float32Array(2);
    expect(() => sampler.step(3, { output: two, sample: two })).toThrow(
      expect.objectContaining({ code: 'DIFFUSION_BAD_STEP' }),
    );
    expect(() => sampler.step(0, { output: new Float32Array(3), sample: two })).toThrow(
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
