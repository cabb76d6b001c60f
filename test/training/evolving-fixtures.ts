import { unetArchitecture } from '../../src/model/unet-architecture.js';
import { parseUNetConfig } from '../../src/model/unet-config.js';
import { initializeParameters } from '../../src/model/initialize-parameters.js';
import { unetParameters } from '../../src/model/unet.js';
import { parseSchedulerConfig } from '../../src/diffusion/scheduler-config.js';
import { gaussianNoise } from '../../src/diffusion/gaussian.js';
import type { DeviceHost } from '../../src/runtime/device-host.js';
import type { TrainRequest } from '../../src/search/ports.js';
import {
  EvolvingTrainer,
  type EvolvingTraining,
  type StepListener,
} from '../../src/training/evolving-trainer.js';
import { TrainingCheckpoints } from '../../src/training/training-checkpoint.js';
import { initialState } from '../../src/training/training-session.js';

const unet = parseUNetConfig(
  JSON.stringify({
    sample_size: 4,
    block_out_channels: [4, 8],
    layers_per_block: 1,
    down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D'],
    up_block_types: ['CrossAttnUpBlock2D', 'UpBlock2D'],
    norm_num_groups: 2,
    cross_attention_dim: 4,
    attention_head_dim: 2,
  }),
);
export const original = unetArchitecture(unet);
const specs = unetParameters(unet, original);
const shapes = new Map(specs.map(({ name, shape }) => [name, shape]));

const latentSize = 4 * 4 * 4;
const pictures = 6;

const latents = gaussianNoise({ seed: 1, index: 0 }, pictures * latentSize);
const contexts = gaussianNoise({ seed: 1, index: 1 }, (pictures + 1) * 2 * 4);

const rowsOf = (values: Float32Array, size: number, indices: readonly number[]): Promise<Float32Array> =>
  Promise.resolve(
    Float32Array.from(indices.flatMap((index) => [...values.subarray(index * size, (index + 1) * size)])),
  );

export const training: EvolvingTraining = {
  unet,
  scheduler: parseSchedulerConfig(
    JSON.stringify({ _class_name: 'DDIMScheduler', beta_schedule: 'scaled_linear' }),
  ),
  items: {
    drawnFrom: {
      weights: [1, 2, 1, 1, 3, 1],
      captions: Array.from({ length: pictures }, (_, i) => [Int32Array.of(i + 1)]),
      emptyCaption: Int32Array.of(0),
    },
    latentShape: [4, 4, 4],
    contextShape: [2, 4],
    latents: (indices) => rowsOf(latents, latentSize, indices),
    contexts: (indices) => rowsOf(contexts, 2 * 4, indices),
  },
  emptyCaptionShare: 0.2,
  batch: 2,
  accumulation: 1,
  activations: 'recompute',
  weightDtype: 'float32',
  stepsPerRun: 2,
  learningRate: 0.01,
  warmUpSteps: 2,
  finalShare: 0.1,
  weightDecay: 0.01,
  maxGradientNorm: 1,
  skip: { probability: { 'cross-attention': 0.4, resnet: 0.2 }, rampSteps: 0 },
};

/** Stores the weights that a search would start from and gives their reference. */
export function storeInitial(folder: string): string {
  const state = initialState(initializeParameters(specs, 3));
  return new TrainingCheckpoints(folder).save(state, (name) => shapes.get(name) ?? []);
}

/** A trainer that has done nothing yet. */
export function openTrainer(
  host: DeviceHost,
  folder: string,
  changes: Partial<EvolvingTraining> = {},
  onSteps: StepListener = () => undefined,
): EvolvingTrainer {
  return new EvolvingTrainer(host, { ...training, ...changes }, new TrainingCheckpoints(folder), onSteps);
}

export function requestOf(weights: string, changes: Partial<TrainRequest> = {}): TrainRequest {
  return {
    ...{ type: 'train', mode: 'robust', architecture: original, weights, seed: 11, fromStep: 0, steps: 4 },
    stretch: { fromStep: 0, steps: 4 },
    ...changes,
  };
}
