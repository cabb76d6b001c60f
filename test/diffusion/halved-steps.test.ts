import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSampler } from '../../src/diffusion/create-sampler.js';
import { halvedSteps, type HalvedStep } from '../../src/diffusion/halved-steps.js';
import { alphaCumprodAt, createNoiseSchedule } from '../../src/diffusion/noise-schedule.js';
import type { Mix } from '../../src/diffusion/prediction.js';
import { parseSchedulerConfig, type SchedulerConfig } from '../../src/diffusion/scheduler-config.js';
import { worstDifference } from './golden.js';

const configOf = (fields: object, sampler?: 'euler'): SchedulerConfig => {
  const file = {
    _class_name: 'DDIMScheduler',
    clip_sample: false,
    prediction_type: 'v_prediction',
    ...fields,
  };
  return parseSchedulerConfig(JSON.stringify(file), 'scheduler_config.json', sampler);
};
const STABLE_DIFFUSION = { beta_schedule: 'scaled_linear', beta_start: 0.00085, beta_end: 0.012 };
const emoji = configOf({
  beta_schedule: 'squaredcos_cap_v2',
  timestep_spacing: 'trailing',
  set_alpha_to_one: false,
});
const configs: readonly (readonly [string, SchedulerConfig])[] = [
  ['trailing', emoji],
  ['trailing, to an alpha of 1', configOf({ ...STABLE_DIFFUSION, timestep_spacing: 'trailing' })],
  ['trailing, from no signal', configOf({ timestep_spacing: 'trailing', rescale_betas_zero_snr: true })],
  ['leading', configOf({ ...STABLE_DIFFUSION, steps_offset: 1, set_alpha_to_one: false })],
  ['leading, to an alpha of 1', configOf({ ...STABLE_DIFFUSION })],
  ['linspace', configOf({ ...STABLE_DIFFUSION, timestep_spacing: 'linspace' })],
];

const values = fc.float32Array({ minLength: 6, maxLength: 6, min: -3, max: 3, noNaN: true });
const mixed = ({ ofSample, ofOutput }: Mix, sample: Float32Array, output: Float32Array): Float32Array =>
  sample.map((z, k) => ofSample * z + ofOutput * (output[k] ?? NaN));

/** z_t'' after the teacher's two steps, and the clean latents that the student is to predict. */
function taught(step: HalvedStep, sample: Float32Array, outputs: readonly [Float32Array, Float32Array]) {
  const after = mixed(step.second, mixed(step.first, sample, outputs[0]), outputs[1]);
  const { ofNext, ofNow } = step.target;
  return { after, target: after.map((z, k) => ofNext * z + ofNow * (sample[k] ?? NaN)) };
}

/** The velocity whose clean latents are given ones. */
const velocityOf = ({ clean }: HalvedStep, sample: Float32Array, target: Float32Array): Float32Array =>
  target.map((x, k) => (x - clean.ofSample * (sample[k] ?? NaN)) / clean.ofOutput);

describe("a student's steps", () => {
  test.each([32, 16, 8, 4, 1])(
    'are every second one of the DDIM sampler with twice %i, of which the teacher takes two',
    (steps) => {
      const halved = halvedSteps(emoji, steps);
      const teacher = createSampler(emoji, { steps: 2 * steps });
      expect(halved.map(({ timestep }) => timestep)).toEqual(teacher.timesteps.filter((_, i) => i % 2 === 0));
      expect(halved.map(({ middle }) => middle)).toEqual(teacher.timesteps.filter((_, i) => i % 2 === 1));
      fc.assert(
        fc.property(values, values, values, (sample, one, other) => {
          halved.forEach((step, i) => {
            const between = teacher.step(2 * i, { output: one, sample }).latents;
            const expected = teacher.step(2 * i + 1, { output: other, sample: between }).latents;
            expect(worstDifference(taught(step, sample, [one, other]).after, expected)).toBeLessThan(1e-5);
          });
        }),
      );
    },
  );

  test.each(configs)('that predict the target arrive where the teacher does: %s', (_, config) => {
    fc.assert(
      fc.property(values, values, values, fc.constantFrom(8, 16, 25), (sample, one, other, steps) => {
        const student = createSampler(config, { steps });
        const halved = new Map(halvedSteps(config, steps).map((step) => [step.timestep, step]));
        student.timesteps.forEach((timestep, i) => {
          const step = halved.get(timestep);
          if (step === undefined) return;
          const { after, target } = taught(step, sample, [one, other]);
          const output = velocityOf(step, sample, target);
          expect(worstDifference(student.step(i, { output, sample }).latents, after)).toBeLessThan(1e-4);
        });
      }),
    );
  });

  test.each(configs)('are all of its sampler, with the weight of the truncated ratio: %s', (_, config) => {
    const schedule = createNoiseSchedule(config);
    const halved = halvedSteps(config, 8);
    expect(halved.map(({ timestep }) => timestep)).toEqual(createSampler(config, { steps: 8 }).timesteps);
    for (const { timestep, middle, weight } of halved) {
      const alpha = alphaCumprodAt(schedule, timestep);
      expect(weight).toBeCloseTo(Math.max(alpha / (1 - alpha), 1), 6);
      expect(middle).toBeLessThanOrEqual(timestep);
      expect(middle).toBeGreaterThanOrEqual(0);
    }
  });

  test('that a consistent teacher takes teach what it knows, the last one too', () => {
    const schedule = createNoiseSchedule(emoji);
    fc.assert(
      fc.property(values, values, (clean, noise) => {
        // where timesteps divide, each step arrives at the noise that the next goes on from
        for (const step of halvedSteps(emoji, 4)) {
          const mixAt = (timestep: number, ofNoise: 1 | -1): Float32Array => {
            const alpha = alphaCumprodAt(schedule, timestep);
            const [signal, sigma] = [Math.sqrt(alpha), Math.sqrt(1 - alpha)];
            return clean.map((x, k) =>
              ofNoise === 1 ? signal * x + sigma * (noise[k] ?? NaN) : signal * (noise[k] ?? NaN) - sigma * x,
            );
          };
          const outputs = [mixAt(step.timestep, -1), mixAt(step.middle, -1)] as const;
          const { target } = taught(step, mixAt(step.timestep, 1), outputs);
          expect(worstDifference(target, clean)).toBeLessThan(1e-4);
        }
      }),
    );
  });

  test('that stand still are left out', () => {
    const config = configOf({ ...STABLE_DIFFUSION, set_alpha_to_one: false });
    expect(createSampler(config, { steps: 8 }).timesteps.at(-1)).toBe(0);
    expect(halvedSteps(config, 8)).toHaveLength(7);
  });

  test('take no sampler but DDIM without clamping', () => {
    const refused = expect.objectContaining({ code: 'DISTILLATION_SAMPLER' }) as unknown as Error;
    expect(() => halvedSteps(configOf({}, 'euler'), 8)).toThrow(refused);
    expect(() => halvedSteps(configOf({ clip_sample: true }), 8)).toThrow(refused);
    expect(() => halvedSteps(emoji, 501)).toThrow(expect.objectContaining({ code: 'DIFFUSION_BAD_STEPS' }));
  });
});
