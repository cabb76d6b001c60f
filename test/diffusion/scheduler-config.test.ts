import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSchedulerConfig } from '../../src/diffusion/scheduler-config.js';
import { SnapEvoError } from '../../src/errors/snapevo-error.js';

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

describe('parseSchedulerConfig', () => {
  test("reads Stable Diffusion 2.1's", () => {
    expect(parse(STABLE_DIFFUSION_2)).toEqual({
      sampler: 'ddim',
      trainTimesteps: 1000,
      betaSchedule: { kind: 'scaled_linear', start: 0.00085, end: 0.012 },
      rescaleBetasZeroSnr: false,
      predictionType: 'v_prediction',
      timestepSpacing: 'leading',
      stepsOffset: 1,
      clipSampleRange: undefined,
      setAlphaToOne: false,
      varianceType: 'fixed_small',
    });
  });

  test("takes diffusers' defaults for what is absent", () => {
    expect(parse({ _class_name: 'DDPMScheduler' })).toMatchObject({
      sampler: 'ddpm',
      trainTimesteps: 1000,
      betaSchedule: { kind: 'linear', start: 0.0001, end: 0.02 },
      predictionType: 'epsilon',
      clipSampleRange: 1,
      setAlphaToOne: true,
    });
  });

  test('prefers trained betas to a named schedule', () => {
    const config = { _class_name: 'DDPMScheduler', num_train_timesteps: 2, trained_betas: [0.1, 0.2] };
    expect(parse(config).betaSchedule).toEqual({ kind: 'trained', betas: [0.1, 0.2] });
  });

  test.each([
    [{ thresholding: true }, 'thresholding', 'set "thresholding" to false'],
    [{ beta_schedule: 'sigmoid' }, 'beta_schedule', 'trained_betas'],
    [{ variance_type: 'learned_range' }, 'variance_type', 'fixed_small'],
    [{ prediction_type: 'flow_prediction' }, 'prediction_type', 'velocity'],
    [{ _class_name: 'PNDMScheduler' }, '_class_name', 'DDIMScheduler.from_config'],
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
