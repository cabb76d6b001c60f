import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { samplerKinds } from '../../src/diffusion/sampler-kind.js';
import { parseSchedulerConfig } from '../../src/diffusion/scheduler-config.js';
import { SnapEvoError } from '../../src/errors/snapevo-error.js';
import { readGolden } from './golden.js';

const parse = (config: object) => parseSchedulerConfig(JSON.stringify(config), 'pipe/scheduler_config.json');

function refusal(config: unknown): SnapEvoError {
  try {
    parseSchedulerConfig(typeof config === 'string' ? config : JSON.stringify(config), 'here.json');
  } catch (error) {
    if (error instanceof SnapEvoError) return error;
    throw error;
  }
  throw new Error('Expected a refusal.');
}

/** As published with Stable Diffusion 2.1: a DDIM configuration with a field of PNDM's. */
const STABLE_DIFFUSION_2 = {
  _class_name: 'DDIMScheduler',
  _diffusers_version: '0.8.0',
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  clip_sample: false,
  num_train_timesteps: 1000,
  prediction_type: 'v_prediction',
  set_alpha_to_one: false,
  skip_prk_steps: true,
  steps_offset: 1,
  trained_betas: null,
};

type Refused = readonly [change: object, field: string, advice: string];

function refusedOf(className: string, cases: readonly Refused[]): Refused[] {
  return cases.map(([change, field, advice]) => [{ _class_name: className, ...change }, field, advice]);
}

describe('parseSchedulerConfig', () => {
  test("reads Stable Diffusion 2.1's", () => {
    expect(parse(STABLE_DIFFUSION_2)).toEqual({
      sampler: { kind: 'ddim', clipSampleRange: undefined, setAlphaToOne: false },
      standsInFor: undefined,
      trainTimesteps: 1000,
      betaSchedule: { kind: 'scaled_linear', start: 0.00085, end: 0.012 },
      rescaleBetasZeroSnr: false,
      predictionType: 'v_prediction',
      timestepSpacing: 'leading',
      stepsOffset: 1,
    });
  });

  test("takes diffusers' defaults for what is absent", () => {
    expect(parse({ _class_name: 'DDPMScheduler' })).toMatchObject({
      sampler: { kind: 'ddpm', clipSampleRange: 1, varianceType: 'fixed_small' },
      trainTimesteps: 1000,
      betaSchedule: { kind: 'linear', start: 0.0001, end: 0.02 },
      predictionType: 'epsilon',
      timestepSpacing: 'leading',
    });
  });

  test.each(Object.entries(readGolden('saved-schedulers') as Readonly<Record<string, string>>))(
    "reads all that diffusers' %s writes",
    (className, text) => {
      const { sampler, standsInFor } = parseSchedulerConfig(text);
      const substitutes: Readonly<Record<string, string>> = {
        PNDMScheduler: 'ddim',
        LMSDiscreteScheduler: 'euler',
        EulerAncestralDiscreteScheduler: 'euler',
      };
      expect(standsInFor).toBe(className in substitutes ? className : undefined);
      if (className in substitutes) expect(sampler.kind).toBe(substitutes[className]);
      for (const kind of samplerKinds) {
        expect(parseSchedulerConfig(text, 'here.json', kind)).toMatchObject({
          sampler: { kind },
          standsInFor: undefined,
        });
      }
    },
  );

  test('clamps clean latents only where the class of the file does', () => {
    const ofClass = (name: string) =>
      parseSchedulerConfig(JSON.stringify({ _class_name: name }), 'here.json', 'ddim').sampler;
    expect(ofClass('PNDMScheduler')).toMatchObject({ clipSampleRange: undefined });
    expect(ofClass('DDPMScheduler')).toMatchObject({ clipSampleRange: 1 });
  });

  test("takes what other samplers' fields say for theirs alone", () => {
    const file = { _class_name: 'DDIMScheduler', use_exponential_sigmas: true, solver_order: 3 };
    expect(parse(file).sampler.kind).toBe('ddim');
    expect(() => parseSchedulerConfig(JSON.stringify(file), 'here.json', 'euler')).toThrow(
      /use_exponential_sigmas/,
    );
    expect(() => parseSchedulerConfig(JSON.stringify(file), 'here.json', 'dpm-solver++')).toThrow(
      /solver_order/,
    );
  });

  test('prefers trained betas to a named schedule', () => {
    const config = { _class_name: 'DDPMScheduler', num_train_timesteps: 2, trained_betas: [0.1, 0.2] };
    expect(parse(config).betaSchedule).toEqual({ kind: 'trained', betas: [0.1, 0.2] });
  });

  test.each<Refused>([
    [{ thresholding: true }, 'thresholding', 'set "thresholding" to false'],
    [{ beta_schedule: 'sigmoid' }, 'beta_schedule', 'trained_betas'],
    [{ _class_name: 'DDPMScheduler', variance_type: 'learned_range' }, 'variance_type', 'fixed_small'],
    [{ prediction_type: 'flow_prediction' }, 'prediction_type', 'velocity'],
    [{ _class_name: 'UniPCMultistepScheduler' }, '_class_name', 'DDIMScheduler.from_config'],
    ...refusedOf('EulerDiscreteScheduler', [
      [{ use_exponential_sigmas: true }, 'use_exponential_sigmas', 'use_karras_sigmas'],
      [{ use_beta_sigmas: true }, 'use_beta_sigmas', 'use_karras_sigmas'],
      [{ timestep_type: 'continuous' }, 'timestep_type', 'discrete'],
      [{ interpolation_type: 'cubic' }, 'interpolation_type', 'named fields'],
      [{ sigma_min: -1 }, 'sigma_min', 'named fields'],
      [{ final_sigmas_type: 'one' }, 'final_sigmas_type', 'named fields'],
    ]),
    ...refusedOf('DPMSolverMultistepScheduler', [
      [{ solver_order: 3 }, 'solver_order', 'Set "solver_order" to 2'],
      [{ algorithm_type: 'sde-dpmsolver++' }, 'algorithm_type', 'dpmsolver++'],
      [{ thresholding: true }, 'thresholding', 'latents'],
      [{ use_lu_lambdas: true }, 'use_lu_lambdas', 'use_karras_sigmas'],
      [{ use_flow_sigmas: true }, 'use_flow_sigmas', 'Flow-matching'],
      [{ use_dynamic_shifting: true }, 'use_dynamic_shifting', 'flow-matching'],
      [{ variance_type: 'learned' }, 'variance_type', 'doubled output'],
      [{ lambda_min_clipped: 'low' }, 'lambda_min_clipped', 'named fields'],
    ]),
    [{ _class_name: 'constructor' }, '_class_name', 'DDIMScheduler'],
    [{ num_train_timesteps: 1e9 }, 'num_train_timesteps', 'named fields'],
    [{ num_train_timesteps: '1000' }, 'num_train_timesteps', 'named fields'],
    [{ beta_start: -1 }, 'beta_start', 'named fields'],
    [{ beta_end: 1 }, 'beta_end', 'named fields'],
    [{ steps_offset: 1000 }, 'steps_offset', 'named fields'],
    [{ trained_betas: [0.1] }, 'trained_betas', 'named fields'],
    [{ clip_sample_range: 0 }, 'clip_sample_range', 'named fields'],
    [{ warp_drive: 1 }, 'warp_drive', 'remove'],
    [{ constructor: 1 }, 'constructor', 'remove'],
  ])('refuses %o by name, with what to do', (change, field, advice) => {
    const error = refusal({ ...STABLE_DIFFUSION_2, ...change });
    expect(error).toMatchObject({ code: 'SCHEDULER_UNSUPPORTED', where: 'here.json', fault: 'user' });
    expect(error.message).toContain(field);
    expect(error.hint).toContain(advice);
  });

  test('names every field at fault, but not without end', () => {
    expect(refusal({ _class_name: 'DDIMScheduler', thresholding: true, warp: 1 }).message).toMatch(
      /thresholding.*warp|warp.*thresholding/,
    );
    const strange = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`${'x'.repeat(500)}${i}`, i]));
    const { message } = refusal({ _class_name: 'DDIMScheduler', ...strange });
    expect(message).toContain('492 more');
    expect(message.length).toBeLessThan(2000);
  });

  test.each(['', '{', '[]', 'null', '3', '{"beta_start": NaN}'])('refuses %j as no JSON object', (text) => {
    expect(refusal(text).code).toBe('SCHEDULER_NOT_JSON');
  });

  test('answers anything at all with a config or a SnapEvoError', () => {
    const fields = fc.constantFrom(
      ...Object.keys(STABLE_DIFFUSION_2),
      '__proto__',
      'variance_type',
      'toString',
    );
    fc.assert(
      fc.property(fc.dictionary(fields, fc.jsonValue()), (change) => {
        try {
          expect(parse({ ...STABLE_DIFFUSION_2, ...change }).trainTimesteps).toBeGreaterThan(0);
        } catch (error) {
          if (!(error instanceof SnapEvoError)) throw error;
        }
      }),
    );
  });
});
