import { SnapEvoError } from '../errors/snapevo-error.js';
import type { BetaSchedule, SchedulerConfig } from './scheduler-config.js';

/** How much noise each training timestep carries. Treat the arrays as read-only. */
export interface NoiseSchedule {
  readonly trainTimesteps: number;
  /** `[trainTimesteps]`: variance added at each timestep. */
  readonly betas: Float32Array;
  /** `[trainTimesteps]`: cumulative product of 1 - beta; the share of the signal's power that is left. */
  readonly alphasCumprod: Float32Array;
}

/** The part of a scheduler's configuration that fixes its noise schedule. */
export type NoiseScheduleConfig = Pick<
  SchedulerConfig,
  'trainTimesteps' | 'betaSchedule' | 'rescaleBetasZeroSnr'
>;

/**
 * The tables of the forward process. Rounds to float32 where diffusers does, so that the tables equal its own
 * to the last bit; rescaled ones to about 1e-6, since torch's float32 square root is not correctly rounded.
 *
 * @throws SnapEvoError `DIFFUSION_BAD_SCHEDULE` when float32 cannot tell a timestep from pure signal, or one before
 *   the last from pure noise: nothing could be sampled through it
 */
export function createNoiseSchedule(config: NoiseScheduleConfig): NoiseSchedule {
  const raw = betasOf(config.betaSchedule, config.trainTimesteps);
  const betas = config.rescaleBetasZeroSnr ? rescaleZeroTerminalSnr(raw) : raw;
  const alphasCumprod = cumulativeProduct(betas.map((beta) => 1 - beta));
  alphasCumprod.forEach(requireSignalAndNoise);
  return Object.freeze({ trainTimesteps: config.trainTimesteps, betas, alphasCumprod });
}

function requireSignalAndNoise(alphaCumprod: number, timestep: number, all: Float32Array): void {
  const isLast = timestep === all.length - 1;
  if (alphaCumprod < 1 && (alphaCumprod > 0 || (isLast && alphaCumprod === 0))) return;
  throw new SnapEvoError({
    code: 'DIFFUSION_BAD_SCHEDULE',
    message:
      'Expected alpha products between 0 and 1 (0 at the last timestep alone), ' +
      `found ${alphaCumprod} at timestep ${timestep} of ${all.length}.`,
    hint: 'Check the betas, and that rescale_betas_zero_snr is used with more than one training timestep.',
  });
}

/**
 * The schedule's cumulative alpha product at a training timestep.
 *
 * @throws SnapEvoError `DIFFUSION_BAD_TIMESTEP` when the timestep is no integer in `[0, trainTimesteps)`
 */
export function alphaCumprodAt(schedule: NoiseSchedule, timestep: number): number {
  const alphaCumprod = schedule.alphasCumprod[timestep];
  if (alphaCumprod !== undefined) return alphaCumprod;
  throw new SnapEvoError({
    code: 'DIFFUSION_BAD_TIMESTEP',
    message: `Expected a training timestep from 0 to ${schedule.trainTimesteps - 1}, found ${timestep}.`,
    hint: 'Draw timesteps from the range that the scheduler was configured with.',
    fault: 'internal',
  });
}

function betasOf(schedule: BetaSchedule, count: number): Float32Array {
  switch (schedule.kind) {
    case 'linear':
      return linspace(schedule.start, schedule.end, count);
    case 'scaled_linear':
      return linspace(Math.sqrt(schedule.start), Math.sqrt(schedule.end), count).map((root) => root * root);
    case 'squaredcos_cap_v2':
      return squaredCosineBetas(count);
    case 'trained':
      return Float32Array.from(schedule.betas);
  }
}

/** Evenly spaced from both ends inwards, as torch.linspace does it in float32. */
function linspace(start: number, end: number, count: number): Float32Array {
  const [first, last] = [Math.fround(start), Math.fround(end)];
  const step = Math.fround(Math.fround(last - first) / (count - 1));
  const half = Math.floor(count / 2);
  return Float32Array.from({ length: count }, (_, i) => {
    if (count === 1) return first;
    return i < half ? first + step * i : last - step * (count - 1 - i);
  });
}

const MAX_BETA = 0.999;

/** Cosine schedule of arXiv 2102.09672, equation 17. */
function squaredCosineBetas(count: number): Float32Array {
  const alphaBar = (time: number): number => Math.cos((((time + 0.008) / 1.008) * Math.PI) / 2) ** 2;
  return Float32Array.from({ length: count }, (_, i) =>
    Math.min(1 - alphaBar((i + 1) / count) / alphaBar(i / count), MAX_BETA),
  );
}

/** Accumulates in float64 and rounds each entry, as torch.cumprod does on a CPU. */
function cumulativeProduct(factors: Float32Array): Float32Array {
  let product = 1;
  return factors.map((factor) => (product *= factor));
}

/** Algorithm 1 of arXiv 2305.08891: shifts and scales sqrt(alphasCumprod) so that the last is zero. */
function rescaleZeroTerminalSnr(betas: Float32Array): Float32Array {
  const roots = cumulativeProduct(betas.map((beta) => 1 - beta)).map(Math.sqrt);
  const first = roots.at(0) ?? 0;
  const last = roots.at(-1) ?? 0;
  const scale = Math.fround(first / Math.fround(first - last));
  const alphaBars = roots.map((root) => Math.fround(root - last) * scale).map((root) => root * root);
  return alphaBars.map((alphaBar, i) => 1 - Math.fround(alphaBar / (alphaBars[i - 1] ?? 1)));
}
