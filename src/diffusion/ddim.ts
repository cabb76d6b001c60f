import { SnapEvoError } from '../errors/snapevo-error.js';
import { createLinearSampler } from './linear-step.js';
import type { LinearStep } from './linear-step.js';
import { alphaCumprodAt } from './noise-schedule.js';
import type { NoiseSchedule } from './noise-schedule.js';
import { predictionMix } from './prediction.js';
import type { Sampler } from './sampler.js';
import type { DdimSettings } from './sampler-settings.js';
import type { SchedulerConfig } from './scheduler-config.js';
import { inferenceTimesteps } from './timesteps.js';

/** How a DDIM sampler is to run. */
export interface DdimOptions {
  readonly steps: number;
  /** Share of DDPM's noise that is added, in `[0, 1]`; 0, the default, is deterministic. */
  readonly eta?: number;
}

/**
 * Denoising diffusion implicit models (arXiv 2010.02502, equations 12 and 16). As in diffusers, each step goes
 * `floor(trainTimesteps / steps)` training timesteps down whatever the spacing, and the noise direction is not
 * derived anew from clipped clean latents.
 *
 * @throws SnapEvoError `DIFFUSION_BAD_STEPS`, `DIFFUSION_BAD_ETA` or `DIFFUSION_SINGULAR`
 */
export function createDdimSampler(
  config: SchedulerConfig,
  settings: DdimSettings,
  schedule: NoiseSchedule,
  { steps, eta = 0 }: DdimOptions,
): Sampler {
  if (!(eta >= 0 && eta <= 1)) throw badEta(eta);
  const stride = Math.floor(config.trainTimesteps / steps);
  const finalAlphaCumprod = settings.setAlphaToOne ? 1 : alphaCumprodAt(schedule, 0);
  const linearSteps = inferenceTimesteps(config, steps).map((timestep) => {
    const previous = timestep - stride;
    const alphaNext = previous >= 0 ? alphaCumprodAt(schedule, previous) : finalAlphaCumprod;
    return ddimStep(config, timestep, alphaCumprodAt(schedule, timestep), alphaNext, eta);
  });
  return createLinearSampler(linearSteps, { clipRange: settings.clipSampleRange });
}

function ddimStep(
  { predictionType }: SchedulerConfig,
  timestep: number,
  alphaNow: number,
  alphaNext: number,
  eta: number,
): LinearStep {
  const variance = ((1 - alphaNext) / (1 - alphaNow)) * (1 - alphaNow / alphaNext);
  const sigma = eta * Math.sqrt(Math.max(variance, 0));
  const direction = Math.sqrt(Math.max(1 - alphaNext - sigma * sigma, 0));
  const epsilon = predictionMix(predictionType, 'epsilon', alphaNow);
  return {
    timestep,
    clean: predictionMix(predictionType, 'sample', alphaNow),
    ofClean: Math.sqrt(alphaNext),
    ofSample: direction * epsilon.ofSample,
    ofOutput: direction * epsilon.ofOutput,
    ofNoise: sigma,
  };
}

function badEta(eta: number): SnapEvoError {
  return new SnapEvoError({
    code: 'DIFFUSION_BAD_ETA',
    message: `Expected an eta from 0 to 1, found ${eta}.`,
    hint: '0 is deterministic DDIM; 1 adds as much noise as DDPM.',
  });
}
