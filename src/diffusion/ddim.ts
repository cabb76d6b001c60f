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

/** A step of DDIM, with the cumulative alpha products that it goes between. */
export interface DdimStep extends LinearStep {
  readonly alphaNow: number;
  readonly alphaNext: number;
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
  options: DdimOptions,
): Sampler {
  const steps = ddimSteps(config, settings, schedule, options);
  return createLinearSampler(steps, { clipRange: settings.clipSampleRange });
}

/** The steps of {@link createDdimSampler}, whose errors it shares. */
export function ddimSteps(
  config: SchedulerConfig,
  settings: DdimSettings,
  schedule: NoiseSchedule,
  { steps, eta = 0 }: DdimOptions,
): readonly DdimStep[] {
  if (!(eta >= 0 && eta <= 1)) throw badEta(eta);
  const stride = Math.floor(config.trainTimesteps / steps);
  return inferenceTimesteps(config, steps).map((timestep) => {
    const alphaNow = alphaCumprodAt(schedule, timestep);
    const alphaNext = alphaAfter(settings, schedule, timestep - stride);
    return ddimStep(config, timestep, alphaNow, alphaNext, eta);
  });
}

/** The alpha product that a step to a training timestep arrives at; one below 0 is the end. */
export function alphaAfter(settings: DdimSettings, schedule: NoiseSchedule, timestep: number): number {
  if (timestep >= 0) return alphaCumprodAt(schedule, timestep);
  return settings.setAlphaToOne ? 1 : alphaCumprodAt(schedule, 0);
}

/** DDIM's step from a training timestep, at alpha product `alphaNow`, to the alpha product `alphaNext`. */
export function ddimStep(
  { predictionType }: Pick<SchedulerConfig, 'predictionType'>,
  timestep: number,
  alphaNow: number,
  alphaNext: number,
  eta: number,
): DdimStep {
  const variance = ((1 - alphaNext) / (1 - alphaNow)) * (1 - alphaNow / alphaNext);
  const sigma = eta * Math.sqrt(Math.max(variance, 0));
  const direction = Math.sqrt(Math.max(1 - alphaNext - sigma * sigma, 0));
  const epsilon = predictionMix(predictionType, 'epsilon', alphaNow);
  return {
    timestep,
    alphaNow,
    alphaNext,
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
