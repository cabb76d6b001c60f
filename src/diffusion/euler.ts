import { createLinearSampler, type LinearStep } from './linear-step.js';
import type { NoiseSchedule } from './noise-schedule.js';
import type { EulerSettings } from './sampler-settings.js';
import type { Sampler } from './sampler.js';
import type { PredictionType, SchedulerConfig } from './scheduler-config.js';
import {
  cleanMixOfSigma,
  finalSigmaOf,
  karrasSigmas,
  sigmaAt,
  sigmaSteps,
  timestepOfSigma,
  trainingSigmas,
  type SigmaStep,
} from './sigmas.js';
import { inferenceTimesteps } from './timesteps.js';

/** How Euler's method is to run. */
export interface EulerOptions {
  readonly steps: number;
}

/**
 * Euler's method on the probability flow (arXiv 2206.00364, algorithm 2 without its noise). Latents are the clean ones plus noise, not scaled to unit
 * deviation: they start at the largest noise level, and the network is shown them scaled down. As in diffusers, `linspace` timesteps are not rounded.
 *
 * @throws SnapEvoError `DIFFUSION_BAD_STEPS`
 */
export function createEulerSampler(
  config: SchedulerConfig,
  settings: EulerSettings,
  schedule: NoiseSchedule,
  { steps }: EulerOptions,
): Sampler {
  const path = eulerPath(config, settings, trainingSigmas(schedule), steps);
  const largest = Math.max(...path.map(({ sigma }) => sigma));
  // Leading timesteps don't begin at pure noise: signal of unit deviation is added to what is then there of noise.
  const initNoiseSigma = config.timestepSpacing === 'leading' ? Math.sqrt(largest ** 2 + 1) : largest;
  return createLinearSampler(
    path.map((step) => eulerStep(config.predictionType, step)),
    { initNoiseSigma },
  );
}

function eulerPath(
  config: SchedulerConfig,
  settings: EulerSettings,
  sigmas: Float32Array,
  steps: number,
): SigmaStep[] {
  const timesteps = eulerTimesteps(config, steps);
  const levels =
    settings.interpolation === 'linear'
      ? timesteps.map((timestep) => sigmaAt(sigmas, timestep))
      : logarithmicSigmas(sigmas, steps);
  const finalSigma = finalSigmaOf(settings, sigmas);
  if (!settings.useKarrasSigmas) return sigmaSteps(timesteps, levels, finalSigma);
  const ends = { largest: levels[0] as number, smallest: levels.at(-1) as number };
  const spaced = karrasSigmas(settings, ends, steps);
  const shown = spaced.map((sigma) => Math.fround(timestepOfSigma(sigmas, sigma)));
  return sigmaSteps(shown, spaced, finalSigma);
}

function eulerTimesteps(config: SchedulerConfig, steps: number): readonly number[] {
  const timesteps = inferenceTimesteps(config, steps);
  if (config.timestepSpacing !== 'linspace') return timesteps;
  const stride = (config.trainTimesteps - 1) / Math.max(steps - 1, 1);
  return timesteps.map((_, i) => Math.fround((steps - 1 - i) * stride));
}

/** One more than there are steps, from the largest to the smallest. */
function logarithmicSigmas(sigmas: Float32Array, steps: number): number[] {
  const [first, last] = [Math.log(sigmas.at(-1) as number), Math.log(sigmas[0] as number)];
  return Array.from({ length: steps + 1 }, (_, i) => Math.exp(first + (i / steps) * (last - first)));
}

function eulerStep(predictionType: PredictionType, { timestep, sigma, nextSigma }: SigmaStep): LinearStep {
  const kept = nextSigma / sigma;
  return {
    timestep,
    clean: cleanMixOfSigma(predictionType, sigma),
    ofClean: 1 - kept,
    ofSample: kept,
    ofOutput: 0,
    ofNoise: 0,
    inputScale: 1 / Math.sqrt(sigma ** 2 + 1),
  };
}
