import type { GraphBuilder } from '../graph/graph-builder.js';
import * as op from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { operandOf, outputGradient, type GradientRule } from './gradient-rule.js';

/** y = alpha A B + c, with A and B perhaps transposed first. */
export const gemmRule: GradientRule<'Gemm'> = (call) => {
  const { g } = call;
  const { transA, transB, alpha } = call.node.attributes;
  const [dy, a, b] = [outputGradient(call), operandOf(call, 0), operandOf(call, 1)];
  return [
    () =>
      transA
        ? op.gemm(g, b, dy, { transA: transB, transB: true, alpha })
        : op.gemm(g, dy, b, { transB: !transB, alpha }),
    () =>
      transB
        ? op.gemm(g, dy, a, { transA: true, transB: transA, alpha })
        : op.gemm(g, a, dy, { transA: !transA, alpha }),
    () => dy,
  ];
};

export const matMulRule: GradientRule<'MatMul'> = (call) => {
  const { g } = call;
  const [dy, a, b] = [outputGradient(call), operandOf(call, 0), operandOf(call, 1)];
  return [
    () => op.matMul(g, dy, swapLastAxes(g, b)),
    () => (b.shape.length === 2 ? sharedFactorGradient(g, a, dy) : op.matMul(g, swapLastAxes(g, a), dy)),
  ];
};

/** The gradient of a matrix that all matrices of a batch were multiplied by: one product over the rows of them all. */
function sharedFactorGradient(g: GraphBuilder, a: Value, dy: Value): Value {
  const flat = (x: Value): Value => op.reshape(g, x, [-1, x.shape.at(-1) ?? 1]);
  return op.gemm(g, flat(a), flat(dy), { transA: true });
}

function swapLastAxes(g: GraphBuilder, x: Value): Value {
  const last = x.shape.length - 1;
  const batch = x.shape.slice(0, -2).map((_, axis) => axis);
  return op.transpose(g, x, [...batch, last, last - 1]);
}
