import type { GraphBuilder } from '../graph/graph-builder.js';
import * as op from '../graph/ops.js';
import type { Value } from '../graph/value.js';

/** Hyperparameters that are fixed for a whole training. */
export interface AdamWSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

/** PyTorch's defaults. */
export const adamWDefaults: AdamWSettings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };

/** What changes with the step, as the graph takes it: three float32 scalars. */
export interface AdamWSchedule {
  /** 1 - learning rate * weight decay */
  readonly decay: Value;
  /** learning rate sqrt(1 - beta2^t) / (1 - beta1^t) */
  readonly stepSize: Value;
  /** epsilon sqrt(1 - beta2^t) */
  readonly epsilon: Value;
}

/** The numbers of {@link AdamWSchedule} at step t (from 1), in its order. */
export function adamWScheduleAt(
  step: number,
  learningRate: number,
  settings: AdamWSettings,
): readonly number[] {
  const correction = Math.sqrt(1 - settings.beta2 ** step);
  return [
    1 - learningRate * settings.weightDecay,
    (learningRate * correction) / (1 - settings.beta1 ** step),
    settings.epsilon * correction,
  ];
}

/** Parameters and their running moments, all of one shape. */
export interface AdamWState {
  readonly parameter: Value;
  readonly moment1: Value;
  readonly moment2: Value;
}

/**
 * One step of AdamW with decoupled weight decay (Loshchilov and Hutter, 2019, algorithm 2, as PyTorch computes it), on a
 * gradient to be scaled first. The scale is folded into what is added to the first moment, of which the second's share is made, and the second
 * moment's correction into the schedule, as Kingma and Ba (2015, section 2) reorder it: no further passes, and the gradient is read once.
 * @param share of the gradient that is added to the first moment, a scalar: 1 - beta1 times the gradient's scale
 */
export function adamW(
  g: GraphBuilder,
  { parameter, moment1, moment2 }: AdamWState,
  gradient: Value,
  share: Value,
  schedule: AdamWSchedule,
  settings: AdamWSettings,
): AdamWState {
  const { beta1, beta2 } = settings;
  const part = op.mul(g, gradient, share);
  const first = op.add(g, op.mul(g, moment1, beta1), part);
  const second = op.add(
    g,
    op.mul(g, moment2, beta2),
    op.mul(g, op.square(g, part), (1 - beta2) / (1 - beta1) ** 2),
  );
  const deviation = op.add(g, op.sqrt(g, second), schedule.epsilon);
  const update = op.mul(g, op.div(g, first, deviation), schedule.stepSize);
  return {
    parameter: op.sub(g, op.mul(g, parameter, schedule.decay), update),
    moment1: first,
    moment2: second,
  };
}

/** Scale that brings gradients to a global norm of at most `maxNorm`, and the norm before: scalars. */
export function clipByGlobalNorm(
  g: GraphBuilder,
  gradients: readonly Value[],
  maxNorm: number,
): { readonly norm: Value; readonly scale: Value } {
  const squares = gradients.map((gradient) => op.reduceSum(g, op.square(g, gradient), op.allAxes(gradient)));
  const total = squares.reduce((sum, square) => op.add(g, sum, square));
  const norm = op.sqrt(g, total);
  return { norm, scale: op.min(g, op.div(g, maxNorm, op.add(g, norm, 1e-6)), 1) };
}
