import { addNoise, trainingTarget } from '../diffusion/forward-process.js';
import { gaussianNoise } from '../diffusion/gaussian.js';
import { createNoiseSchedule, type NoiseSchedule } from '../diffusion/noise-schedule.js';
import type { PredictionType, SchedulerConfig } from '../diffusion/scheduler-config.js';
import { elementCount, type Shape } from '../graph/value.js';
import { float32Tensor, int64Tensor, type Tensor, type Tensors } from '../runtime/tensor.js';
import { drawStreams, drawUniform, WeightedChoice } from './batch-draws.js';
import { drawCaptions, drawItems } from './captioned-pictures.js';

/** What a denoiser's training draws from. */
export interface DrawnFrom {
  /** How often each picture is drawn, relative to the others. */
  readonly weights: readonly number[];
  /** Token ids of each picture's captions, all of one length; the first is the main one. */
  readonly captions: readonly (readonly Int32Array[])[];
  readonly emptyCaption: Int32Array;
}

/** Encoded pictures with their captions as tokens. */
export interface LatentSet extends DrawnFrom {
  /** [count, channels, height, width], scaled to unit deviation */
  readonly latents: Float32Array;
  readonly shape: Shape;
}

/** What a denoiser learns from. */
export interface DenoisingData {
  readonly data: LatentSet;
  readonly scheduler: SchedulerConfig;
  /** Share of captions left empty, for classifier-free guidance. */
  readonly emptyCaptionShare: number;
}

/** Pictures, captions and timesteps of a step: they depend on (seed, step) alone. */
export interface DenoisingDraw {
  readonly items: readonly number[];
  /** [items, tokens] */
  readonly tokens: Int32Array;
  readonly timesteps: readonly number[];
}

/** Draws for a step's batch. */
export function drawDenoising(
  from: DrawnFrom,
  settings: {
    readonly seed: number;
    readonly batch: number;
    readonly emptyCaptionShare: number;
    readonly trainTimesteps: number;
  },
): (step: number) => DenoisingDraw {
  const { seed, batch, emptyCaptionShare, trainTimesteps } = settings;
  const choice = new WeightedChoice(from.weights);
  return (step) => {
    const items = drawItems(choice, { seed, batch }, step);
    return {
      items,
      tokens: drawCaptions(from, items, { seed, step, emptyShare: emptyCaptionShare }),
      timesteps: stratifiedTimesteps(drawUniform(seed, step, 'timesteps', batch), trainTimesteps),
    };
  };
}

/**
 * Latents with noise, and what a denoiser is to make of them.
 * @param latents [items, ...shape]
 */
export function noisyBatch(
  { schedule, predictionType }: { readonly schedule: NoiseSchedule; readonly predictionType: PredictionType },
  latents: Float32Array,
  shape: Shape,
  timesteps: readonly number[],
  { seed, step }: { readonly seed: number; readonly step: number },
): { readonly noisy: Tensor; readonly target: Tensor; readonly timestep: Tensor } {
  const noise = gaussianNoise({ seed, index: step, stream: drawStreams.noise }, latents.length);
  const batchShape = [timesteps.length, ...shape];
  const target = trainingTarget(schedule, predictionType, latents, noise, timesteps);
  return {
    noisy: float32Tensor(batchShape, addNoise(schedule, latents, noise, timesteps)),
    target: float32Tensor(batchShape, target),
    timestep: float32Tensor([timesteps.length], Float32Array.from(timesteps)),
  };
}

/** Inputs of a step: what is drawn depends on (seed, step) alone. */
export function denoisingBatches(
  training: DenoisingData & { readonly seed: number; readonly batch: number },
): (step: number) => Tensors {
  const { data, scheduler, batch, seed } = training;
  const schedule = createNoiseSchedule(scheduler);
  const drawAt = drawDenoising(data, { ...training, trainTimesteps: schedule.trainTimesteps });
  const size = elementCount(data.shape);
  return (step) => {
    const { items, tokens, timesteps } = drawAt(step);
    const latents = new Float32Array(batch * size);
    items.forEach((item, i) => {
      latents.set(data.latents.subarray(item * size, (item + 1) * size), i * size);
    });
    const { predictionType } = scheduler;
    return {
      ...noisyBatch({ schedule, predictionType }, latents, data.shape, timesteps, { seed, step }),
      tokens: int64Tensor([batch, data.emptyCaption.length], tokens),
    };
  };
}

/** One timestep from each of `shares.length` equal stretches: the batch's loss varies less than with free draws. */
function stratifiedTimesteps(shares: Float64Array, count: number): number[] {
  return Array.from(shares, (share, i) => Math.floor(((i + share) / shares.length) * count));
}
