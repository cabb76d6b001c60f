import type { OpAttributes } from '../graph/graph.js';
import * as op from '../graph/ops.js';
import { normalizeAxis } from '../graph/shape-inference.js';
import { elementCount, type Shape, type Value } from '../graph/value.js';
import { once, operandOf, outputGradient, outputOf, type GradientRule } from './gradient-rule.js';

/** The shape a reduction has when it keeps its axes. */
function keptShape({ shape }: Value, { axes }: OpAttributes['ReduceSum']): Shape {
  const gone = new Set(axes.map((axis) => normalizeAxis(axis, shape.length)));
  return shape.map((size, axis) => (gone.has(axis) ? 1 : size));
}

export const reduceSumRule: GradientRule<'ReduceSum'> = (call) => {
  const { g, node } = call;
  const [dy, x] = [outputGradient(call), operandOf(call, 0)];
  return [() => op.expand(g, op.reshape(g, dy, keptShape(x, node.attributes)), x.shape)];
};

export const reduceMeanRule: GradientRule<'ReduceMean'> = (call) => {
  const { g, node } = call;
  const [dy, x] = [outputGradient(call), operandOf(call, 0)];
  const share = elementCount(dy.shape) / elementCount(x.shape);
  const kept = keptShape(x, node.attributes);
  return [() => op.expand(g, op.reshape(g, op.mul(g, dy, share), kept), x.shape)];
};

/** Elements that share the maximum share the gradient equally. */
export const reduceMaxRule: GradientRule<'ReduceMax'> = (call) => {
  const { g, node } = call;
  const [dy, x, y] = [outputGradient(call), operandOf(call, 0), outputOf(call)];
  const kept = keptShape(x, node.attributes);
  const atMaximum = once(() => op.cast(g, g.add('Equal', [x, op.reshape(g, y, kept)], {}), x.dtype));
  return [
    () => {
      const ties = op.reduceSum(g, atMaximum(), node.attributes.axes, true);
      return op.mul(g, atMaximum(), op.div(g, op.reshape(g, dy, kept), ties));
    },
  ];
};
