import { SnapEvoError } from '../errors/snapevo-error.js';
import { forEachImage } from './latent-batch.js';
import { alphaCumprodAt } from './noise-schedule.js';
import type { NoiseSchedule } from './noise-schedule.js';
import type { PredictionType } from './scheduler-config.js';

/** A linear mix of the noisy latents and the network's output. */
export interface Mix {
  readonly ofSample: number;
  readonly ofOutput: number;
}

const mix = (ofSample: number, ofOutput: number): Mix => ({ ofSample, ofOutput });
const OUTPUT = mix(0, 1);

/**
 * Each prediction in terms of each other, with z = signal * x + noise * eps and v = signal * eps - noise * x
 * (arXiv 2202.00512, appendix D), where signal^2 + noise^2 = 1.
 */
const MIXES: Readonly<
  Record<PredictionType, (signal: number, noise: number) => Readonly<Record<PredictionType, Mix>>>
> = {
  epsilon: (signal, noise) => ({
    epsilon: OUTPUT,
    sample: mix(1 / signal, -noise / signal),
    v_prediction: mix(-noise / signal, 1 / signal),
  }),
  sample: (signal, noise) => ({
    epsilon: mix(1 / noise, -signal / noise),
    sample: OUTPUT,
    v_prediction: mix(signal / noise, -1 / noise),
  }),
  v_prediction: (signal, noise) => ({
    epsilon: mix(noise, signal),
    sample: mix(signal, -noise),
    v_prediction: OUTPUT,
  }),
};

/**
 * The mix of noisy latents and `from`-type output that gives a `to`-type prediction.
 *
 * @param alphaCumprod cumulative alpha product at the output's timestep, in `[0, 1]`
 * @throws SnapEvoError `DIFFUSION_SINGULAR` where the one does not determine the other: noise alone says nothing
 *   of the clean latents at zero signal, and the reverse
 */
export function predictionMix(from: PredictionType, to: PredictionType, alphaCumprod: number): Mix {
  const found = MIXES[from](Math.sqrt(alphaCumprod), Math.sqrt(1 - alphaCumprod))[to];
  if (Number.isFinite(found.ofSample) && Number.isFinite(found.ofOutput)) return found;
  throw new SnapEvoError({
    code: 'DIFFUSION_SINGULAR',
    message: `A prediction of type ${from} does not determine ${to} at an alpha product of ${alphaCumprod}.`,
    hint:
      'A schedule with zero terminal signal-to-noise ratio needs a v_prediction model, or a timestep spacing ' +
      'that leaves the last training timestep out ("leading").',
  });
}

/**
 * Converts a batch of network outputs from one prediction type to another.
 *
 * @param output `[batch, channels, height, width]`, of type `from`
 * @param sample the noisy latents it was predicted from, same shape
 * @param timesteps `[batch]` training timesteps
 * @throws SnapEvoError `DIFFUSION_BAD_SHAPE`, `DIFFUSION_BAD_TIMESTEP` or `DIFFUSION_SINGULAR`
 */
export function convertPrediction(
  schedule: NoiseSchedule,
  { from, to }: { readonly from: PredictionType; readonly to: PredictionType },
  output: Float32Array,
  sample: Float32Array,
  timesteps: ArrayLike<number>,
): Float32Array {
  const converted = new Float32Array(output.length);
  forEachImage(timesteps, { output, sample }, (timestep, start, end) => {
    const { ofSample, ofOutput } = predictionMix(from, to, alphaCumprodAt(schedule, timestep));
    for (let k = start; k < end; k++) {
      converted[k] = ofSample * (sample[k] as number) + ofOutput * (output[k] as number);
    }
  });
  return converted;
}
