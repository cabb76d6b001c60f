import type { TensorType, Value } from '../../graph/value.js';
import { weightParameters } from '../../model/parameters.js';
import { unetParameters } from '../../model/unet.js';
import { adamWDefaults } from '../adam-w.js';
import { graphParameters } from '../graph-parameters.js';
import { layOutBlocks } from '../parameter-layout.js';
import type { StageSchedule } from '../stage-schedule.js';
import type { TrainingStage } from '../train-stage.js';
import type { TrainingMemory } from '../training-memory.js';
import type { LossBuilder } from '../training-spec.js';
import { distillationBatches, type DistillationDraws } from './distillation-batches.js';
import { coefficientNames, distillationLoss, type DistillationInputs } from './distillation-loss.js';
import { RecomputedBlocks } from './recomputed-blocks.js';
import { denoiserOf, type UNetPart, type WeightedUNet } from './unet-part.js';

/** Training of a student to take one DDIM step where its teacher takes two. Both predict v. */
export interface StepDistillation extends StageSchedule, DistillationDraws, TrainingMemory {
  /** Pictures trained on at a time. */
  readonly batch: number;
  readonly student: UNetPart;
  /** Stays as it is; of any architecture. Weights that are a file of float32 are referred to there and not copied into the graph. */
  readonly teacher: WeightedUNet;
  /** Weight of the original loss, after it is rescaled to the size of the distillation's. */
  readonly gamma: number;
  /** Embedding of the empty caption, [tokens, width]. */
  readonly unconditional: Float32Array;
}

/**
 * Step distillation of a UNet alone: see {@link distillationLoss}. A step costs the student's forward and backward pass and two forward passes of the teacher; one that guides, as much again.
 * In memory are the teacher's weights once beside all that the training of the student takes, and activations of one pass of the teacher at a time. Of several batches
 * whose gradients are added up, each has the original loss rescaled by its own ratio: with gamma 0 the step is that of one large batch, otherwise
 * the pictures weigh more in the batches that are far from the teacher.
 * @throws SnapEvoError `DISTILLATION_SAMPLER`, `DIFFUSION_BAD_STEPS`
 */
export function distillationStage(distillation: StepDistillation): TrainingStage {
  const { student, items, guidance, accumulation, weightDtype } = distillation;
  const pictures = distillation.batch * accumulation;
  const perItem = (...shape: number[]): TensorType => ({ dtype: 'float32', shape: [pictures, ...shape] });
  const latents = perItem(...items.latentShape);
  const recomputed = new RecomputedBlocks(student, distillation);
  const batchAt = distillationBatches({ ...distillation, batch: pictures });
  return {
    ...distillation,
    spec: {
      groups: layOutBlocks(unetParameters(student.config, student.architecture)),
      batch: {
        noisy: latents,
        velocity: latents,
        timestep: perItem(),
        middle: perItem(),
        coefficients: perItem(coefficientNames.length),
        context: perItem(...items.contextShape),
        ...(guidance === null ? {} : { guidance: perItem() }),
      },
      shared: {
        ...(guidance === null ? {} : { isGuided: { dtype: 'bool', shape: [] } as const }),
        ...recomputed.types,
      },
      buildLoss: lossOf(distillation, recomputed),
      optimizer: { ...adamWDefaults, weightDecay: distillation.weightDecay },
      maxGradientNorm: distillation.maxGradientNorm,
      ema: true,
      stepsPerRun: distillation.stepsPerRun,
      accumulation,
      weightDtype,
    },
    batchAt: async (step) => ({ ...(await batchAt(step)), ...recomputed.tensors }),
  };
}

function lossOf(
  { student, teacher, items, gamma, unconditional }: StepDistillation,
  recomputed: RecomputedBlocks,
): LossBuilder {
  return (g, parameter, batch) => {
    const { isGuided, guidance: scale } = batch;
    const guidance =
      isGuided === undefined || scale === undefined
        ? undefined
        : { isGuided, scale, unconditional: g.constant([1, ...items.contextShape], unconditional) };
    const networks = {
      student: denoiserOf(student, graphParameters(parameter), recomputed.runner(g, batch)),
      teacher: denoiserOf(teacher, weightParameters(teacher.weights)),
    };
    const inputs = batch as Readonly<Record<keyof DistillationInputs, Value>>;
    return distillationLoss(g, networks, { ...inputs, guidance }, gamma);
  };
}
