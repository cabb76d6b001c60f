import { createNoiseSchedule } from '../../diffusion/noise-schedule.js';
import type { SchedulerConfig } from '../../diffusion/scheduler-config.js';
import type { Value } from '../../graph/value.js';
import { unetParameters } from '../../model/unet.js';
import { float32Tensor, type Tensors } from '../../runtime/tensor.js';
import { adamWDefaults } from '../adam-w.js';
import { drawDenoising, noisyBatch } from '../denoising-batches.js';
import { encodedDraw, type EncodedItems } from '../encoded-items.js';
import { graphParameters } from '../graph-parameters.js';
import { meanSquaredError } from '../losses.js';
import { layOutBlocks } from '../parameter-layout.js';
import type { StageSchedule } from '../stage-schedule.js';
import type { TrainingStage } from '../train-stage.js';
import type { TrainingMemory } from '../training-memory.js';
import { RecomputedBlocks } from './recomputed-blocks.js';
import { denoiserOf, type UNetPart } from './unet-part.js';

/** Fine-tuning of a UNet that predicts something else to predict v. */
export interface VelocityTraining extends StageSchedule, TrainingMemory {
  readonly network: UNetPart;
  readonly items: EncodedItems;
  readonly scheduler: SchedulerConfig;
  readonly emptyCaptionShare: number;
}

/** |v_theta - v|^2 with v = alpha_t eps - sigma_t x, at any timestep (arXiv 2306.00980, section 4). */
export function velocityStage(training: VelocityTraining): TrainingStage {
  const { network, items, accumulation, weightDtype } = training;
  const pictures = training.batch * accumulation;
  const latents = { dtype: 'float32', shape: [pictures, ...items.latentShape] } as const;
  const recomputed = new RecomputedBlocks(network, training);
  const batchAt = velocityBatches({ ...training, batch: pictures });
  return {
    ...training,
    spec: {
      groups: layOutBlocks(unetParameters(network.config, network.architecture)),
      batch: {
        noisy: latents,
        target: latents,
        timestep: { dtype: 'float32', shape: [pictures] },
        context: { dtype: 'float32', shape: [pictures, ...items.contextShape] },
      },
      shared: recomputed.types,
      buildLoss: (g, parameter, inputs) => {
        const { noisy, target, timestep, context } = inputs as Readonly<
          Record<'noisy' | 'target' | 'timestep' | 'context', Value>
        >;
        const denoise = denoiserOf(network, graphParameters(parameter), recomputed.runner(g, inputs));
        const prediction = denoise(g, { sample: noisy, timestep, encoderHiddenStates: context });
        return { loss: meanSquaredError(g, prediction, target) };
      },
      optimizer: { ...adamWDefaults, weightDecay: training.weightDecay },
      maxGradientNorm: training.maxGradientNorm,
      ema: true,
      stepsPerRun: training.stepsPerRun,
      accumulation,
      weightDtype,
    },
    batchAt: async (step) => ({ ...(await batchAt(step)), ...recomputed.tensors }),
  };
}

/** Inputs of a step: what is drawn depends on (seed, step) alone. */
function velocityBatches(
  training: Omit<VelocityTraining, keyof TrainingMemory>,
): (step: number) => Promise<Tensors> {
  const { items, scheduler, seed, batch } = training;
  const schedule = createNoiseSchedule(scheduler);
  const noise = { schedule, predictionType: 'v_prediction' } as const;
  const drawAt = drawDenoising(items.drawnFrom, { ...training, trainTimesteps: schedule.trainTimesteps });
  return async (step) => {
    const drawn = drawAt(step);
    const { latents, context } = await encodedDraw(items, drawn);
    return {
      ...noisyBatch(noise, latents, items.latentShape, drawn.timesteps, { seed, step }),
      context: float32Tensor([batch, ...items.contextShape], context),
    };
  };
}
