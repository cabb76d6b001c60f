import type { TensorType, Value } from '../../graph/value.js';
import { weightParameters } from '../../model/parameters.js';
import { unetParameters } from '../../model/unet.js';
import { adamWDefaults } from '../adam-w.js';
import { graphParameters } from '../graph-parameters.js';
import { layOutBlocks } from '../parameter-layout.js';
import type { StageSchedule } from '../stage-schedule.js';
import type { TrainingStage } from '../train-stage.js';
import type { LossBuilder } from '../training-spec.js';
import { distillationBatches, type DistillationDraws } from './distillation-batches.js';
import { coefficientNames, distillationLoss, type DistillationInputs } from './distillation-loss.js';
import { denoiserOf, type UNetPart, type WeightedUNet } from './unet-part.js';

/** Training of a student to take one DDIM step where its teacher takes two. Both predict v. */
export interface StepDistillation extends StageSchedule, DistillationDraws {
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
 * In memory are the teacher's weights once beside all that the training of the student takes, and activations of one pass of the teacher at a time.
 * @throws SnapEvoError `DISTILLATION_SAMPLER`, `DIFFUSION_BAD_STEPS`
 */
export function distillationStage(distillation: StepDistillation): TrainingStage {
  const { student, batch, items, guidance } = distillation;
  const latents: TensorType = { dtype: 'float32', shape: [batch, ...items.latentShape] };
  const perItem = (...shape: number[]): TensorType => ({ dtype: 'float32', shape: [batch, ...shape] });
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
      shared: guidance === null ? {} : { isGuided: { dtype: 'bool', shape: [] } },
      buildLoss: lossOf(distillation),
      optimizer: { ...adamWDefaults, weightDecay: distillation.weightDecay },
      maxGradientNorm: distillation.maxGradientNorm,
      ema: true,
      stepsPerRun: distillation.stepsPerRun,
    },
    batchAt: distillationBatches(distillation),
  };
}

function lossOf({ student, teacher, items, gamma, unconditional }: StepDistillation): LossBuilder {
  return (g, parameter, batch) => {
    const { isGuided, guidance: scale } = batch;
    const guidance =
      isGuided === undefined || scale === undefined
        ? undefined
        : { isGuided, scale, unconditional: g.constant([1, ...items.contextShape], unconditional) };
    const networks = {
      student: denoiserOf(student, graphParameters(parameter)),
      teacher: denoiserOf(teacher, weightParameters(teacher.weights)),
    };
    const inputs = batch as Readonly<Record<keyof DistillationInputs, Value>>;
    return distillationLoss(g, networks, { ...inputs, guidance }, gamma);
  };
}
