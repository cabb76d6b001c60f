import * as op from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { weightParameters } from '../model/parameters.js';
import type { VaeConfig } from '../model/vae-config.js';
import { buildVaeDecoder, vaeDecoderParameters } from '../model/vae.js';
import { float32Tensor, type Tensors } from '../runtime/tensor.js';
import { adamWDefaults } from '../training/adam-w.js';
import { drawUniform } from '../training/batch-draws.js';
import { graphParameters } from '../training/graph-parameters.js';
import { meanSquaredError } from '../training/losses.js';
import { layOutParameters } from '../training/parameter-layout.js';
import type { StageSchedule } from '../training/stage-schedule.js';
import type { TrainingStage } from '../training/train-stage.js';
import type { TrainingMemory } from '../training/training-memory.js';
import type { LossBuilder } from '../training/training-spec.js';
import type { Latents } from './make-latents.js';
import { perceptualFeatures, type PerceptualModel } from './perceptual-features.js';
import type { VaeModel } from './prune-decoder.js';

/** How a small decoder learns to draw what a large one draws (SnapFusion, section 3.2). */
export interface DecoderDistillation extends StageSchedule, Pick<TrainingMemory, 'accumulation'> {
  /** Stays as it is; its weights have to be in memory. */
  readonly teacher: VaeModel;
  readonly student: VaeConfig;
  /** Divided by the scaling factor already. */
  readonly latents: Latents;
  /** Absent for squared error alone. */
  readonly perceptual?: { readonly model: PerceptualModel; readonly weight: number };
}

/**
 * Training of a small decoder on the pictures that the teacher's makes of the same latents: mean squared error between the two, plus, with `perceptual`,
 * its weight times that between their features.
 */
export function decoderStage(distillation: DecoderDistillation): TrainingStage {
  const { student, latents, batch, accumulation, seed } = distillation;
  const pictures = batch * accumulation;
  const shape = [pictures, ...latents.shape];
  const groups = layOutParameters(vaeDecoderParameters(student), (name) =>
    name.split('.').slice(0, 3).join('.'),
  );
  return {
    ...distillation,
    spec: {
      groups,
      batch: { latents: { dtype: 'float32', shape } },
      buildLoss: distillationLoss(distillation),
      optimizer: { ...adamWDefaults, weightDecay: distillation.weightDecay },
      maxGradientNorm: distillation.maxGradientNorm,
      ema: true,
      stepsPerRun: distillation.stepsPerRun,
      accumulation,
    },
    batchAt: (step): Tensors => {
      const draws = drawUniform(seed, step, 'items', pictures);
      const rows = Array.from(draws, (share) => latents.rows[Math.floor(share * latents.rows.length)] ?? []);
      return { latents: float32Tensor(shape, Float32Array.from(rows.flatMap((row) => [...row]))) };
    },
  };
}

function distillationLoss({ teacher, student, perceptual }: DecoderDistillation): LossBuilder {
  return (g, parameter, batch) => {
    const latents = batch['latents'] as Value;
    const wanted = g.scope('teacher', () =>
      buildVaeDecoder(g, teacher.config, weightParameters(teacher.weights), latents),
    );
    const drawn = buildVaeDecoder(g, student, graphParameters(parameter), latents);
    const squaredError = meanSquaredError(g, drawn, wanted);
    if (perceptual === undefined) return { loss: squaredError };
    const featuresOf = perceptualFeatures(g, perceptual.model);
    const featureError = meanSquaredError(g, featuresOf(drawn), featuresOf(wanted));
    const loss = op.add(g, squaredError, op.mul(g, featureError, perceptual.weight));
    return { loss, metrics: { squaredError, featureError } };
  };
}
