import type { GraphBuilder } from '../graph/graph-builder.js';
import * as op from '../graph/ops.js';
import { normalizeAxis } from '../graph/shape-inference.js';
import type { Value } from '../graph/value.js';
import { once, operandOf, outputGradient, outputOf, type GradientRule } from './gradient-rule.js';

/** y (dy - sum(y dy)) */
export const softmaxRule: GradientRule<'Softmax'> = (call) => {
  const { g, node } = call;
  const [dy, y] = [outputGradient(call), outputOf(call)];
  return [
    () => {
      const weighted = op.mul(g, dy, y);
      return op.sub(g, weighted, op.mul(g, y, op.reduceSum(g, weighted, [node.attributes.axis], true)));
    },
  ];
};

/** dy - exp(y) sum(dy) */
export const logSoftmaxRule: GradientRule<'LogSoftmax'> = (call) => {
  const { g, node } = call;
  const [dy, y] = [outputGradient(call), outputOf(call)];
  return [() => op.sub(g, dy, op.mul(g, op.exp(g, y), op.reduceSum(g, dy, [node.attributes.axis], true)))];
};

/**
 * With n the normalised input, i the inverse deviation, d = dy scale and means over the normalised axes:
 * i (d - mean(d) - n mean(d n)) (Ba et al., 2016). A scale that is constantly one, as in a group normalisation, leaves n in
 * the output; otherwise n is computed again from the mean and the inverse deviation that the forward pass gives.
 */
export const layerNormalizationRule: GradientRule<'LayerNormalization'> = (call) => {
  const { g, node } = call;
  const [dy, x, scale] = [outputGradient(call), operandOf(call, 0), operandOf(call, 1)];
  const [y, mean, inverseDeviation] = [outputOf(call, 0), outputOf(call, 1), outputOf(call, 2)];
  const axes = op.allAxes(x).slice(normalizeAxis(node.attributes.axis, x.shape.length));
  const unscaled = isOnes(g, scale);
  const normalized = once(() =>
    unscaled && node.inputs[2] === undefined ? y : op.mul(g, op.sub(g, x, mean), inverseDeviation),
  );
  const inputGradient = (): Value => {
    const n = normalized();
    const d = unscaled ? dy : op.mul(g, dy, scale);
    const slope = op.reduceMean(g, op.mul(g, d, n), axes, true);
    const centred = op.sub(g, d, op.reduceMean(g, d, axes, true));
    return op.mul(g, op.sub(g, centred, op.mul(g, n, slope)), inverseDeviation);
  };
  return [inputGradient, () => op.mul(g, dy, normalized()), () => dy];
};

function isOnes(g: GraphBuilder, value: Value): boolean {
  const data = g.constantData(value);
  return data instanceof Float32Array && data.every((element) => element === 1);
}
