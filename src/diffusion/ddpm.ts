import { createLinearSampler } from './linear-step.js';
import type { LinearStep } from './linear-step.js';
import { alphaCumprodAt } from './noise-schedule.js';
import type { NoiseSchedule } from './noise-schedule.js';
import { predictionMix } from './prediction.js';
import type { Sampler } from './sampler.js';
import type { DdpmSettings, VarianceType } from './sampler-settings.js';
import type { PredictionType, SchedulerConfig } from './scheduler-config.js';
import { inferenceTimesteps } from './timesteps.js';

/** How a DDPM sampler is to run. */
export interface DdpmOptions {
  readonly steps: number;
}

/**
 * Denoising diffusion probabilistic models: ancestral sampling (arXiv 2006.11239, equations 6 and 7) over the
 * chosen timesteps. As in diffusers, the last step goes to an alpha product of 1, and timestep 0 adds no noise.
 *
 * @throws SnapEvoError `DIFFUSION_BAD_STEPS` or `DIFFUSION_SINGULAR`
 */
export function createDdpmSampler(
  config: SchedulerConfig,
  settings: DdpmSettings,
  schedule: NoiseSchedule,
  { steps }: DdpmOptions,
): Sampler {
  const timesteps = inferenceTimesteps(config, steps);
  const linearSteps = timesteps.map((timestep, i) => {
    const next = timesteps[i + 1];
    const alphaNext = next === undefined ? 1 : alphaCumprodAt(schedule, next);
    return ddpmStep(
      config.predictionType,
      settings.varianceType,
      timestep,
      alphaCumprodAt(schedule, timestep),
      alphaNext,
    );
  });
  return createLinearSampler(linearSteps, { clipRange: settings.clipSampleRange });
}

function ddpmStep(
  predictionType: PredictionType,
  varianceType: VarianceType,
  timestep: number,
  alphaNow: number,
  alphaNext: number,
): LinearStep {
  const beta = 1 - alphaNow / alphaNext;
  const noiseShare = (1 - alphaNext) / (1 - alphaNow);
  return {
    timestep,
    clean: predictionMix(predictionType, 'sample', alphaNow),
    ofClean: (Math.sqrt(alphaNext) * beta) / (1 - alphaNow),
    ofSample: Math.sqrt(1 - beta) * noiseShare,
    ofOutput: 0,
    ofNoise: timestep > 0 ? STANDARD_DEVIATIONS[varianceType](beta, noiseShare) : 0,
  };
}

/** Section 3.2 of arXiv 2006.11239; diffusers keeps the small variance from vanishing. */
const smallDeviation = (beta: number, noiseShare: number): number =>
  Math.sqrt(Math.max(noiseShare * beta, 1e-20));

const STANDARD_DEVIATIONS: Readonly<Record<VarianceType, (beta: number, noiseShare: number) => number>> = {
  fixed_small: smallDeviation,
  fixed_small_log: smallDeviation,
  fixed_large: (beta) => Math.sqrt(beta),
};
