import type { NoiseSchedule } from './noise-schedule.js';
import type { Mix } from './prediction.js';
import type { SigmaSettings } from './sampler-settings.js';
import type { PredictionType } from './scheduler-config.js';

/** A step of a sampler that goes by noise levels: where it is and where it goes. */
export interface SigmaStep {
  /** Shown to the network; may lie between two training timesteps. */
  readonly timestep: number;
  readonly sigma: number;
  readonly nextSigma: number;
}

/** Where diffusers takes the signal to be when there is none left, so that no noise level is infinite. */
const LEAST_ALPHA_CUMPROD = 2 ** -24;

/** `[trainTimesteps]`: noise over signal, sqrt((1 - abar) / abar), rounded to float32 where diffusers does. */
export function trainingSigmas({ alphasCumprod }: NoiseSchedule): Float32Array {
  return alphasCumprod
    .map((alphaCumprod) => (alphaCumprod === 0 ? LEAST_ALPHA_CUMPROD : alphaCumprod))
    .map((alphaCumprod) => Math.fround(1 - alphaCumprod) / alphaCumprod)
    .map(Math.sqrt);
}

/** The noise level at a timestep, between two of them too. */
export function sigmaAt(sigmas: Float32Array, timestep: number): number {
  const below = Math.min(Math.floor(timestep), sigmas.length - 1);
  const [low, high] = [sigmas[below] as number, sigmas[below + 1] ?? (sigmas[below] as number)];
  return low + (high - low) * (timestep - below);
}

/** The timestep, between two training ones, whose noise level a sigma is; interpolated by logarithms. */
export function timestepOfSigma(sigmas: Float32Array, sigma: number): number {
  const logs = sigmas.map(Math.log);
  const log = Math.log(sigma);
  const below = Math.min(
    Math.max(
      logs.findLastIndex((each) => each <= log),
      0,
    ),
    Math.max(logs.length - 2, 0),
  );
  const [low, high] = [logs[below] as number, logs[below + 1] ?? (logs[below] as number)];
  const share = low === high ? 0 : Math.min(Math.max((low - log) / (low - high), 0), 1);
  return below + share;
}

/** Noise levels from the largest down, evenly spaced by their seventh root (arXiv 2206.00364, equation 5). */
export function karrasSigmas(
  { sigmaMin, sigmaMax }: SigmaSettings,
  ends: { readonly smallest: number; readonly largest: number },
  steps: number,
): number[] {
  const from = (sigmaMax ?? ends.largest) ** (1 / 7);
  const to = (sigmaMin ?? ends.smallest) ** (1 / 7);
  return Array.from({ length: steps }, (_, i) => (from + (i / Math.max(steps - 1, 1)) * (to - from)) ** 7);
}

/** Noise levels, one after another, as steps between them; the last goes to where the settings say. */
export function sigmaSteps(
  timesteps: readonly number[],
  levels: readonly number[],
  finalSigma: number,
): SigmaStep[] {
  const rounded = [...levels, finalSigma].map(Math.fround);
  return timesteps.map((timestep, i) => ({
    timestep,
    sigma: rounded[i] as number,
    nextSigma: rounded[i + 1] as number,
  }));
}

/** The noise level after the last step. */
export function finalSigmaOf({ finalSigma }: SigmaSettings, sigmas: Float32Array): number {
  return finalSigma === 'zero' ? 0 : (sigmas[0] as number);
}

/**
 * The mix of latents and output that gives the clean latents, in latents that noise is added to without scaling the signal: z = x + sigma * eps
 * (arXiv 2206.00364, section 5 and table 1).
 */
export function cleanMixOfSigma(predictionType: PredictionType, sigma: number): Mix {
  switch (predictionType) {
    case 'epsilon':
      return { ofSample: 1, ofOutput: -sigma };
    case 'v_prediction':
      return { ofSample: 1 / (sigma ** 2 + 1), ofOutput: -sigma / Math.sqrt(sigma ** 2 + 1) };
    case 'sample':
      return { ofSample: 0, ofOutput: 1 };
  }
}
