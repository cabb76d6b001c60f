import { removeBlock } from '../../../src/architecture/architecture.js';
import { gaussianNoise } from '../../../src/diffusion/gaussian.js';
import { parseSchedulerConfig } from '../../../src/diffusion/scheduler-config.js';
import { initializeParameters } from '../../../src/model/initialize-parameters.js';
import { unetArchitecture } from '../../../src/model/unet-architecture.js';
import { parseUNetConfig } from '../../../src/model/unet-config.js';
import { unetParameters } from '../../../src/model/unet.js';
import type { DistillationParts } from '../../../src/training/distillation/distill-steps.js';
import type { DistillationPlan } from '../../../src/training/distillation/distillation-plan.js';
import type { UNetPart, WeightedUNet } from '../../../src/training/distillation/unet-part.js';
import type { EncodedItems } from '../../../src/training/encoded-items.js';
import type { StagePlan } from '../../../src/training/stage-plan.js';
import type { TrainingMemory } from '../../../src/training/training-memory.js';

const config = parseUNetConfig(
  JSON.stringify({
    sample_size: 4,
    block_out_channels: [4],
    layers_per_block: 1,
    down_block_types: ['CrossAttnDownBlock2D'],
    up_block_types: ['CrossAttnUpBlock2D'],
    norm_num_groups: 2,
    cross_attention_dim: 4,
    attention_head_dim: 2,
  }),
);
const architecture = unetArchitecture(config);
export const teacher: UNetPart = { config, architecture };
export const small: UNetPart = { config, architecture: removeBlock(architecture, 'mid_block.attentions.0') };

/** The network with weights drawn anew. */
export const drawn = (part: UNetPart, seed: number): WeightedUNet => ({
  ...part,
  weights: initializeParameters(unetParameters(part.config, part.architecture), seed),
});

const latentSize = 4 * 4 * 4;
const pictures = 6;
const latents = gaussianNoise({ seed: 1, index: 0 }, pictures * latentSize);
const contexts = gaussianNoise({ seed: 1, index: 1 }, (pictures + 1) * 2 * 4);

const rowsOf = (values: Float32Array, size: number, indices: readonly number[]): Promise<Float32Array> =>
  Promise.resolve(
    Float32Array.from(indices.flatMap((index) => [...values.subarray(index * size, (index + 1) * size)])),
  );

/** Pictures whose only caption's number is theirs and one, which is therefore seen in its embedding. */
export const items: EncodedItems = {
  drawnFrom: {
    weights: [1, 2, 1, 1, 3, 1],
    captions: Array.from({ length: pictures }, (_, i) => [Int32Array.of(i + 1)]),
    emptyCaption: Int32Array.of(0),
  },
  latentShape: [4, 4, 4],
  contextShape: [2, 4],
  latents: (indices) => rowsOf(latents, latentSize, indices),
  contexts: (indices) => rowsOf(contexts, 2 * 4, indices),
};

export const emptyContext = contexts.slice(0, 2 * 4);

export const schedulerOf = (predictionType: 'epsilon' | 'v_prediction') =>
  parseSchedulerConfig(
    JSON.stringify({
      _class_name: 'DDIMScheduler',
      beta_schedule: 'squaredcos_cap_v2',
      prediction_type: predictionType,
      clip_sample: false,
      timestep_spacing: 'trailing',
    }),
  );

const pace: StagePlan = {
  ...{ steps: 4, batch: 2, stepsPerRun: 2, learningRate: 0.01, warmUpSteps: 1, finalShare: 0.1 },
  ...{ weightDecay: 0.01, maxGradientNorm: 1, averageDecay: 0.9, checkpointEverySteps: 2 },
};

export const plentyOfMemory: TrainingMemory = {
  accumulation: 1,
  activations: 'save',
  weightDtype: 'float32',
};

export const plan: DistillationPlan = {
  ...{ seed: 5, schedule: 'direct', loss: 'cfg-aware', cfgProbability: 0.5, guidanceRange: [2, 14] },
  ...{ gamma: 0.2, studentSteps: 2, emptyCaptionShare: 0.2, ...plentyOfMemory },
  ...{ velocity: pace, first: pace, second: pace, third: pace },
};

/** Of a network that predicts noise, and a smaller one. */
export const parts: DistillationParts = {
  original: drawn(teacher, 1),
  student: drawn(small, 2),
  scheduler: schedulerOf('epsilon'),
  items,
};
