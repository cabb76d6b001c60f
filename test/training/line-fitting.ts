import { gaussianNoise } from '../../src/diffusion/gaussian.js';
import * as op from '../../src/graph/ops.js';
import type { Value } from '../../src/graph/value.js';
import { float32Tensor } from '../../src/runtime/tensor.js';
import { adamWDefaults } from '../../src/training/adam-w.js';
import { meanSquaredError } from '../../src/training/losses.js';
import { layOutParameters } from '../../src/training/parameter-layout.js';
import type { StageProgress, TrainingStage } from '../../src/training/train-stage.js';
import { initialState, type TrainingState } from '../../src/training/training-session.js';

export const shapes = new Map<string, readonly number[]>([
  ['first.weight', [3, 2]],
  ['first.bias', [3]],
  ['second.weight', [1, 3]],
]);
const batch = 4;

/** A very small network that learns a sum of two numbers: trains in milliseconds, with everything a stage has. */
export function lineStage(stepsPerRun: number, totalSteps = 12): TrainingStage {
  const specs = [...shapes].map(([name, shape]) => ({ name, shape }));
  return {
    spec: {
      groups: layOutParameters(specs, (name) => name.split('.')[0] ?? ''),
      batch: {
        x: { dtype: 'float32', shape: [batch, 2] },
        y: { dtype: 'float32', shape: [batch, 1] },
      },
      buildLoss: (g, parameter, inputs) => {
        const hidden = op.linear(g, inputs['x'] as Value, parameter('first.weight'), parameter('first.bias'));
        const prediction = op.linear(g, op.tanh(g, hidden), parameter('second.weight'));
        return {
          loss: meanSquaredError(g, prediction, inputs['y'] as Value),
          metrics: { mean: op.reduceMean(g, prediction, [0, 1]) },
        };
      },
      optimizer: { ...adamWDefaults, weightDecay: 0.1 },
      maxGradientNorm: 1,
      ema: true,
      stepsPerRun,
    },
    totalSteps,
    learningRate: { peak: 0.05, warmUpSteps: 3, totalSteps, finalShare: 0.1 },
    averageDecay: 0.9,
    batchAt: (step) => {
      const x = gaussianNoise({ seed: 5, index: step }, 2 * batch);
      const y = Float32Array.from({ length: batch }, (_, i) => (x[2 * i] ?? 0) + (x[2 * i + 1] ?? 0));
      return { x: float32Tensor([batch, 2], x), y: float32Tensor([batch, 1], y) };
    },
  };
}

/** Where that training starts. */
export function lineStart(): StageProgress {
  const weights = new Map(
    [...shapes].map(([name, shape], index) => {
      const size = shape.reduce((product, extent) => product * extent, 1);
      return [name, gaussianNoise({ seed: 1, index }, size)] as const;
    }),
  );
  return { step: 0, state: initialState(weights) };
}

/** All of a state's numbers, to be compared to the bit. */
export const numbersOf = (state: TrainingState): Record<string, Record<string, number[]>> =>
  Object.fromEntries(
    Object.entries(state).map(([kind, tensors]: [string, ReadonlyMap<string, Float32Array>]) => [
      kind,
      Object.fromEntries([...tensors].map(([name, data]) => [name, [...data]])),
    ]),
  );
