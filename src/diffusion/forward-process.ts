import { forEachImage } from './latent-batch.js';
import { alphaCumprodAt } from './noise-schedule.js';
import type { NoiseSchedule } from './noise-schedule.js';
import type { PredictionType } from './scheduler-config.js';

/**
 * Noisy latents z_t = sqrt(abar_t) x + sqrt(1 - abar_t) eps (arXiv 2006.11239, equation 4), each image at its
 * own timestep.
 *
 * @param sample clean latents `[batch, channels, height, width]`
 * @param noise standard normal, same shape
 * @param timesteps `[batch]` training timesteps
 * @throws SnapEvoError `DIFFUSION_BAD_SHAPE` or `DIFFUSION_BAD_TIMESTEP`
 */
export function addNoise(
  schedule: NoiseSchedule,
  sample: Float32Array,
  noise: Float32Array,
  timesteps: ArrayLike<number>,
): Float32Array {
  const noisy = new Float32Array(sample.length);
  forEachImage(timesteps, { sample, noise }, (timestep, start, end) => {
    const [signalScale, noiseScale] = scalesAt(schedule, timestep);
    for (let k = start; k < end; k++) {
      noisy[k] = signalScale * (sample[k] as number) + noiseScale * (noise[k] as number);
    }
  });
  return noisy;
}

/**
 * Velocity v = sqrt(abar_t) eps - sqrt(1 - abar_t) x (arXiv 2202.00512, appendix D). Shapes and errors as
 * {@link addNoise}.
 */
export function velocity(
  schedule: NoiseSchedule,
  sample: Float32Array,
  noise: Float32Array,
  timesteps: ArrayLike<number>,
): Float32Array {
  const target = new Float32Array(sample.length);
  forEachImage(timesteps, { sample, noise }, (timestep, start, end) => {
    const [signalScale, noiseScale] = scalesAt(schedule, timestep);
    for (let k = start; k < end; k++) {
      target[k] = signalScale * (noise[k] as number) - noiseScale * (sample[k] as number);
    }
  });
  return target;
}

/**
 * What a network of the given prediction type is trained to output. Shapes and errors as {@link addNoise}; the
 * result may be one of the arguments.
 */
export function trainingTarget(
  schedule: NoiseSchedule,
  predictionType: PredictionType,
  sample: Float32Array,
  noise: Float32Array,
  timesteps: ArrayLike<number>,
): Float32Array {
  switch (predictionType) {
    case 'epsilon':
      return noise;
    case 'sample':
      return sample;
    case 'v_prediction':
      return velocity(schedule, sample, noise, timesteps);
  }
}

function scalesAt(schedule: NoiseSchedule, timestep: number): readonly [signal: number, noise: number] {
  const alphaCumprod = alphaCumprodAt(schedule, timestep);
  return [Math.sqrt(alphaCumprod), Math.sqrt(1 - alphaCumprod)];
}
