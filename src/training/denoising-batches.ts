import { addNoise, trainingTarget } from '../diffusion/forward-process.js';
import { gaussianNoise } from '../diffusion/gaussian.js';
import { createNoiseSchedule } from '../diffusion/noise-schedule.js';
import type { SchedulerConfig } from '../diffusion/scheduler-config.js';
import type { Shape } from '../graph/value.js';
import { float32Tensor, int64Tensor, type Tensors } from '../runtime/tensor.js';
import { drawStreams, drawUniform, WeightedChoice } from './batch-draws.js';
import { drawCaptions, drawItems } from './captioned-pictures.js';

/** Encoded pictures with their captions as tokens. */
export interface LatentSet {
  /** [count, channels, height, width], scaled to unit deviation */
  readonly latents: Float32Array;
  readonly shape: Shape;
  readonly weights: readonly number[];
  /** Token ids of each item's captions, all of one length; the first is the main one. */
  readonly captions: readonly (readonly Int32Array[])[];
  readonly emptyCaption: Int32Array;
}

/** What a denoiser learns from. */
export interface DenoisingData {
  readonly data: LatentSet;
  readonly scheduler: SchedulerConfig;
  /** Share of captions left empty, for classifier-free guidance. */
  readonly emptyCaptionShare: number;
}

/** Inputs of a step: what is drawn depends on (seed, step) alone. */
export function denoisingBatches(
  training: DenoisingData & { readonly seed: number; readonly batch: number },
): (step: number) => Tensors {
  const { data, scheduler, batch, seed } = training;
  const schedule = createNoiseSchedule(scheduler);
  const choice = new WeightedChoice(data.weights);
  const shape = [batch, ...data.shape];
  const size = data.shape.reduce((product, extent) => product * extent, 1);
  return (step) => {
    const items = drawItems(choice, training, step);
    const latents = new Float32Array(batch * size);
    items.forEach((item, i) => {
      latents.set(data.latents.subarray(item * size, (item + 1) * size), i * size);
    });
    const noise = gaussianNoise({ seed, index: step, stream: drawStreams.noise }, batch * size);
    const timesteps = stratifiedTimesteps(
      drawUniform(seed, step, 'timesteps', batch),
      schedule.trainTimesteps,
    );
    const target = trainingTarget(schedule, scheduler.predictionType, latents, noise, timesteps);
    return {
      noisy: float32Tensor(shape, addNoise(schedule, latents, noise, timesteps)),
      target: float32Tensor(shape, target),
      timestep: float32Tensor([batch], Float32Array.from(timesteps)),
      tokens: int64Tensor(
        [batch, data.emptyCaption.length],
        drawCaptions(data, items, { seed, step, emptyShare: training.emptyCaptionShare }),
      ),
    };
  };
}

/** One timestep from each of `shares.length` equal stretches: the batch's loss varies less than with free draws. */
function stratifiedTimesteps(shares: Float64Array, count: number): number[] {
  return Array.from(shares, (share, i) => Math.floor(((i + share) / shares.length) * count));
}
