import { createLinearSampler, type LinearStep } from './linear-step.js';
import type { NoiseSchedule } from './noise-schedule.js';
import { predictionMix } from './prediction.js';
import type { DpmSolverSettings } from './sampler-settings.js';
import type { Sampler } from './sampler.js';
import type { SchedulerConfig } from './scheduler-config.js';
import {
  finalSigmaOf,
  karrasSigmas,
  sigmaAt,
  sigmaSteps,
  timestepOfSigma,
  trainingSigmas,
  type SigmaStep,
} from './sigmas.js';
import { badSteps, roundHalfToEven, trailingTimesteps } from './timesteps.js';

/** How a DPM-Solver++ sampler is to run. */
export interface DpmSolverOptions {
  readonly steps: number;
}

/** Fewer steps than this end with one of first order, where the settings want it. */
const STEPS_OF_UNSTABLE_END = 15;

/**
 * DPM-Solver++ 2M (arXiv 2211.01095, algorithm 2): a multistep solver in the clean latents, of second order but for the first step and, where the
 * settings say so, the last.
 *
 * @throws SnapEvoError `DIFFUSION_BAD_STEPS` or `DIFFUSION_SINGULAR`
 */
export function createDpmSolverSampler(
  config: SchedulerConfig,
  settings: DpmSolverSettings,
  schedule: NoiseSchedule,
  { steps }: DpmSolverOptions,
): Sampler {
  const path = solverPath(config, settings, trainingSigmas(schedule), steps);
  const endsLower =
    settings.eulerAtFinal ||
    settings.finalSigma === 'zero' ||
    (settings.lowerOrderFinal && path.length < STEPS_OF_UNSTABLE_END);
  return createLinearSampler(
    path.map((step, i) => {
      const isFirstOrder = settings.order === 1 || i === 0 || (endsLower && i === path.length - 1);
      return isFirstOrder
        ? solverStep(config, step)
        : secondOrder(solverStep(config, step), step, path[i - 1] as SigmaStep, settings.solver);
    }),
  );
}

function solverPath(
  config: SchedulerConfig,
  settings: DpmSolverSettings,
  sigmas: Float32Array,
  steps: number,
): SigmaStep[] {
  const finalSigma = finalSigmaOf(settings, sigmas);
  const timesteps = solverTimesteps(config, solverEnd(settings, sigmas), steps);
  if (!settings.useKarrasSigmas) {
    const levels = timesteps.map((timestep) => sigmaAt(sigmas, timestep));
    return sigmaSteps(timesteps, levels, finalSigma);
  }
  const ends = { largest: sigmas.at(-1) as number, smallest: sigmas[0] as number };
  const spaced = karrasSigmas(settings, ends, steps);
  // As in diffusers: rounded but for the cosine schedule, whose timesteps are cut off.
  const whole = config.betaSchedule.kind === 'squaredcos_cap_v2' ? Math.floor : roundHalfToEven;
  const shown = spaced.map((sigma) => whole(timestepOfSigma(sigmas, sigma)));
  return sigmaSteps(shown, spaced, finalSigma);
}

/** How many training timesteps are gone over: those whose signal is strong enough. */
function solverEnd({ minLogSignalToNoise }: DpmSolverSettings, sigmas: Float32Array): number {
  return sigmas.filter((sigma) => -Math.log(sigma) >= minLogSignalToNoise).length;
}

/** As diffusers' class lays them: unlike its other classes, as if there were one step more. */
function solverTimesteps(
  { trainTimesteps, timestepSpacing, stepsOffset }: SchedulerConfig,
  end: number,
  steps: number,
): number[] {
  if (!Number.isInteger(steps) || steps < 1 || steps >= end) {
    throw badSteps(`Expected 1 to ${end - 1} steps, found ${steps}.`);
  }
  if (timestepSpacing === 'trailing') return trailingTimesteps(end, trainTimesteps / steps);
  const isLeading = timestepSpacing === 'leading';
  const stride = isLeading ? Math.floor(end / (steps + 1)) : (end - 1) / steps;
  const timesteps = Array.from({ length: steps }, (_, i) => roundHalfToEven((steps - i) * stride));
  return isLeading ? timesteps.map((timestep) => timestep + stepsOffset) : timesteps;
}

/** Equation 4.1 of the paper, which is DDIM's step; e^-h is the ratio of the noise levels. */
function solverStep({ predictionType }: SchedulerConfig, step: SigmaStep): LinearStep {
  const { timestep, sigma, nextSigma } = step;
  const signal = signalOf(nextSigma);
  return {
    timestep,
    clean: predictionMix(predictionType, 'sample', signalOf(sigma) ** 2),
    ofClean: signal * (1 - nextSigma / sigma),
    ofSample: (signal * nextSigma) / (signalOf(sigma) * sigma),
    ofOutput: 0,
    ofNoise: 0,
  };
}

/** Adds what the change since the step before says of the change to come: a multiple of the difference of the two predictions. */
function secondOrder(
  first: LinearStep,
  step: SigmaStep,
  previous: SigmaStep,
  solver: DpmSolverSettings['solver'],
): LinearStep {
  const h = Math.log(step.sigma / step.nextSigma);
  const earlier = Math.log(previous.sigma / step.sigma);
  const weight = solver === 'midpoint' ? first.ofClean / 2 : heunWeight(step, h);
  const ofDifference = h === 0 ? 0 : (weight * h) / earlier;
  return { ...first, ofClean: first.ofClean + ofDifference, ofPreviousClean: -ofDifference };
}

function heunWeight({ nextSigma }: SigmaStep, h: number): number {
  return signalOf(nextSigma) * (Math.expm1(-h) / h + 1);
}

/** The signal's share, with signal^2 + noise^2 = 1 and sigma = noise / signal. */
function signalOf(sigma: number): number {
  return 1 / Math.sqrt(sigma ** 2 + 1);
}
