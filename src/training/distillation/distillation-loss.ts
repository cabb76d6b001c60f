import type { GraphBuilder } from '../../graph/graph-builder.js';
import * as op from '../../graph/ops.js';
import type { Value } from '../../graph/value.js';
import type { UNetInputs } from '../../model/unet.js';
import { meanSquaredError } from '../losses.js';
import type { BatchLoss } from '../training-spec.js';

/** Appends a network that predicts v, [batch, channels, height, width]. */
export type Denoiser = (g: GraphBuilder, inputs: UNetInputs) => Value;

/** Classifier-free guidance inside the loss. */
export interface LossGuidance {
  /** Whether the step guides at all: bool, a scalar. One that doesn't pays for no unconditional pass. */
  readonly isGuided: Value;
  /** w of each item, [batch] */
  readonly scale: Value;
  /** Context of the empty caption, [1, tokens, width] */
  readonly unconditional: Value;
}

/** What a batch is taught by. Numbers for each item are of the `HalvedStep` that it was drawn for. */
export interface DistillationInputs {
  /** z_t, [batch, channels, height, width] */
  readonly noisy: Value;
  /** The true v of z_t, same shape */
  readonly velocity: Value;
  /** t and t', [batch] */
  readonly timestep: Value;
  readonly middle: Value;
  /** [batch, tokens, width] */
  readonly context: Value;
  /** See {@link coefficientNames}; [batch, coefficients] */
  readonly coefficients: Value;
  readonly guidance?: LossGuidance | undefined;
}

/** Columns of `coefficients`, each a factor of an item: those of a `HalvedStep`'s mixes, and its weight. */
export const coefficientNames = [
  'firstOfSample',
  'firstOfOutput',
  'secondOfSample',
  'secondOfOutput',
  'targetOfNext',
  'targetOfNow',
  'cleanOfSample',
  'cleanOfOutput',
  'weight',
] as const;

type Coefficients = Readonly<Record<(typeof coefficientNames)[number], Value>>;

/**
 * SnapFusion's step distillation (arXiv 2306.00980, section 4): the squared error in x-space against what two DDIM steps of the teacher lead to, with the weight of the truncated signal-to-noise ratio,
 * L_distil = max(alpha_t^2 / sigma_t^2, 1) |x - target|^2; where a step guides, both networks' predictions are w v(c) - (w - 1) v(null) (L_cfg), else v(c) (L_vanilla). Added to it is
 * gamma L_ori, L_ori = |v_theta - v|^2 of v(c), rescaled to the size of L_distil: the ratio of the two counts as a constant, so that no gradient goes through it.
 * The loss's value is therefore (1 + gamma) L_distil, and what a step learns is to be seen in the metrics. Means are taken over all elements of the batch.
 *
 * The teacher stands in the same graph: its weights are constants there, in memory once, no gradient goes to it and nothing of it is kept for one.
 */
export function distillationLoss(
  g: GraphBuilder,
  { student, teacher }: { readonly student: Denoiser; readonly teacher: Denoiser },
  inputs: DistillationInputs,
  gamma: number,
): BatchLoss {
  const { noisy, velocity, timestep, context, guidance } = inputs;
  const factors = readCoefficients(g, inputs.coefficients, noisy);
  const target = teachersTarget(g, teacher, inputs, factors);
  const reads = { sample: noisy, timestep, encoderHiddenStates: context };
  const conditional = student(g, reads);
  const prediction = guided(g, student, reads, conditional, guidance);
  const clean = mix(g, factors.cleanOfSample, noisy, factors.cleanOfOutput, prediction);
  const errors = op.mul(g, factors.weight, op.square(g, op.sub(g, clean, target)));
  const distillation = op.reduceMean(g, errors, op.allAxes(errors));
  const original = meanSquaredError(g, conditional, velocity);
  const rescaling = op.mul(g, op.div(g, distillation, original), gamma);
  return {
    loss: op.add(g, distillation, op.mul(g, rescaling, original)),
    metrics: { distillation, original },
    terms: new Map([
      [distillation, g.scalar(1)],
      [original, rescaling],
    ]),
  };
}

/** The clean latents that lead where two DDIM steps of the teacher do. */
function teachersTarget(
  g: GraphBuilder,
  teacher: Denoiser,
  { noisy, timestep, middle, context, guidance }: DistillationInputs,
  factors: Coefficients,
): Value {
  const predict = (sample: Value, at: Value): Value => {
    const reads = { sample, timestep: at, encoderHiddenStates: context };
    return guided(g, teacher, reads, teacher(g, reads), guidance);
  };
  const first = predict(noisy, timestep);
  const between = mix(g, factors.firstOfSample, noisy, factors.firstOfOutput, first);
  const second = predict(between, middle);
  const next = mix(g, factors.secondOfSample, between, factors.secondOfOutput, second);
  return mix(g, factors.targetOfNext, next, factors.targetOfNow, noisy);
}

/** w v(c) - (w - 1) v(null), written as v(null) + w (v(c) - v(null)), in an `If` that other steps pass by. */
function guided(
  g: GraphBuilder,
  denoiser: Denoiser,
  reads: UNetInputs,
  conditional: Value,
  guidance: LossGuidance | undefined,
): Value {
  if (guidance === undefined) return conditional;
  const { isGuided, scale, unconditional } = guidance;
  const empty = op.expand(g, unconditional, reads.encoderHiddenStates.shape);
  const w = perItem(g, scale, conditional);
  const [prediction] = op.branch(
    g,
    isGuided,
    (nested) => {
      const without = denoiser(nested, { ...reads, encoderHiddenStates: empty });
      return [op.add(nested, without, op.mul(nested, w, op.sub(nested, conditional, without)))];
    },
    () => [conditional],
  );
  return prediction as Value;
}

function readCoefficients(g: GraphBuilder, coefficients: Value, like: Value): Coefficients {
  const columns = coefficientNames.map(
    (name, i) => [name, perItem(g, op.slice(g, coefficients, 1, i, i + 1), like)] as const,
  );
  return Object.fromEntries(columns) as Coefficients;
}

/** A number an item, in a shape that goes with [batch, ...]. */
const perItem = (g: GraphBuilder, numbers: Value, like: Value): Value =>
  op.reshape(
    g,
    numbers,
    like.shape.map((extent, axis) => (axis === 0 ? extent : 1)),
  );

/** a x + b y */
const mix = (g: GraphBuilder, a: Value, x: Value, b: Value, y: Value): Value =>
  op.add(g, op.mul(g, a, x), op.mul(g, b, y));
