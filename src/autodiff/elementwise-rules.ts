import type { GraphBuilder } from '../graph/graph-builder.js';
import * as op from '../graph/ops.js';
import type { OpType } from '../graph/graph.js';
import type { Value } from '../graph/value.js';
import {
  once,
  operandOf,
  outputGradient,
  outputOf,
  type GradientRule,
  type OperandGradient,
  type RuleCall,
} from './gradient-rule.js';
import { sumToShape } from './sum-to-shape.js';

/** A rule for y = f(x) from the product of dy and f'(x). */
function unary<Op extends OpType>(
  build: (g: GraphBuilder, dy: Value, x: Value, y: Value) => Value,
): GradientRule<Op> {
  return (call) => [() => build(call.g, outputGradient(call), operandOf(call, 0), outputOf(call))];
}

/** A rule for y = f(a, b). */
function binary<Op extends OpType>(
  build: (g: GraphBuilder, dy: Value, a: Value, b: Value, y: Value) => readonly OperandGradient[],
): GradientRule<Op> {
  return (call) =>
    build(call.g, outputGradient(call), operandOf(call, 0), operandOf(call, 1), outputOf(call));
}

export const identityRule = unary((_, dy) => dy);
export const negRule = unary((g, dy) => op.neg(g, dy));
export const expRule = unary((g, dy, _, y) => op.mul(g, dy, y));
export const logRule = unary((g, dy, x) => op.div(g, dy, x));
export const sqrtRule = unary((g, dy, _, y) => op.div(g, op.mul(g, dy, 0.5), y));
export const reciprocalRule = unary((g, dy, _, y) => op.neg(g, op.mul(g, dy, op.square(g, y))));
export const sinRule = unary((g, dy, x) => op.mul(g, dy, op.cos(g, x)));
export const cosRule = unary((g, dy, x) => op.neg(g, op.mul(g, dy, op.sin(g, x))));
export const sigmoidRule = unary((g, dy, _, y) => op.mul(g, dy, op.mul(g, y, op.sub(g, 1, y))));
export const tanhRule = unary((g, dy, _, y) => op.mul(g, dy, op.sub(g, 1, op.square(g, y))));
/** Zero at zero, as PyTorch has it. */
export const absRule = unary((g, dy, x) =>
  op.where(g, op.greater(g, x, 0), dy, op.where(g, op.less(g, x, 0), op.neg(g, dy), 0)),
);
export const erfRule = unary((g, dy, x) =>
  op.mul(g, dy, op.mul(g, op.exp(g, op.neg(g, op.square(g, x))), 2 / Math.sqrt(Math.PI))),
);
export const castRule = unary<'Cast'>((g, dy, x) => op.cast(g, dy, x.dtype));

export const addRule = binary((_, dy) => [() => dy, () => dy]);
export const subRule = binary((g, dy, _, b) => [() => dy, () => op.neg(g, sumToShape(g, dy, b.shape))]);

export const divRule = binary((g, dy, _, b, y) => {
  const quotient = once(() => op.div(g, dy, b));
  return [quotient, () => op.neg(g, sumToShape(g, op.mul(g, quotient(), y), b.shape))];
});

/** Where both are equal the first operand takes all of it. */
export const maxRule = binary((g, dy, a, b) => {
  const second = once(() => op.less(g, a, b));
  return [() => op.where(g, second(), 0, dy), () => op.where(g, second(), dy, 0)];
});

/** Where both are equal the first operand takes all of it. */
export const minRule = binary((g, dy, a, b) => {
  const second = once(() => op.greater(g, a, b));
  return [() => op.where(g, second(), 0, dy), () => op.where(g, second(), dy, 0)];
});

/** d/da a^b = b a^(b - 1); d/db a^b = a^b ln a, for which a must be positive. */
export const powRule: GradientRule<'Pow'> = (call) => {
  const { g } = call;
  const [dy, a, b, y] = [outputGradient(call), operandOf(call, 0), operandOf(call, 1), outputOf(call)];
  const exponent = b.shape.length === 0 ? g.constantData(b)?.[0] : undefined;
  const lower = (): Value => {
    if (exponent === 2) return a;
    return op.pow(g, a, typeof exponent === 'number' ? exponent - 1 : op.sub(g, b, 1));
  };
  return [() => op.mul(g, dy, op.mul(g, lower(), b)), () => op.mul(g, dy, op.mul(g, y, op.log(g, a)))];
};

export const mulRule: GradientRule<'Mul'> = (call) => {
  const { g } = call;
  const [dy, a, b] = [outputGradient(call), operandOf(call, 0), operandOf(call, 1)];
  if (a === b) return [() => op.mul(g, op.mul(g, dy, 2), a)];
  return siluGradient(call, dy, a, b) ?? [() => op.mul(g, dy, b), () => op.mul(g, dy, a)];
};

/**
 * y = x s with s = sigmoid(x) has dy/dx = s + y (1 - s): two thirds of the elementwise passes that going through Mul and
 * Sigmoid one after the other takes. All of the gradient is then given to x as the product's operand, none to s.
 */
function siluGradient(
  call: RuleCall<'Mul'>,
  dy: Value,
  x: Value,
  s: Value,
): readonly OperandGradient[] | undefined {
  const { g } = call;
  const gate = call.producer(s);
  if (gate?.op !== 'Sigmoid' || gate.inputs[0] !== x) return undefined;
  return [() => op.mul(g, dy, op.add(g, s, op.mul(g, outputOf(call), op.sub(g, 1, s))))];
}

export const whereRule: GradientRule<'Where'> = (call) => {
  const { g } = call;
  const [dy, condition] = [outputGradient(call), operandOf(call, 0)];
  return [undefined, () => op.where(g, condition, dy, 0), () => op.where(g, condition, 0, dy)];
};

/** Hendrycks and Gimpel, 2016: x Phi(x), or its tanh approximation. */
export const geluRule: GradientRule<'Gelu'> = (call) => {
  const { g } = call;
  const [dy, x] = [outputGradient(call), operandOf(call, 0)];
  const slope = call.node.attributes.approximate === 'none' ? exactGeluSlope : tanhGeluSlope;
  return [() => op.mul(g, dy, slope(g, x))];
};

/** Phi(x) + x phi(x) = (1 + erf(t) + t exp(ln(2 / sqrt(pi)) - t^2)) / 2 with t = x / sqrt(2). */
function exactGeluSlope(g: GraphBuilder, x: Value): Value {
  const t = op.mul(g, x, Math.SQRT1_2);
  const bell = op.mul(g, t, op.exp(g, op.sub(g, Math.log(2 / Math.sqrt(Math.PI)), op.square(g, t))));
  return op.mul(g, op.add(g, op.add(g, op.erf(g, t), bell), 1), 0.5);
}

/** With u = c (x + k x^3) and h = tanh(u): (1 + h) / 2 + x (1 - h^2) c (1 + 3 k x^2) / 2. */
function tanhGeluSlope(g: GraphBuilder, x: Value): Value {
  const [c, k] = [Math.sqrt(2 / Math.PI), 0.044715];
  const squared = op.square(g, x);
  const h = op.tanh(g, op.mul(g, x, op.add(g, op.mul(g, squared, c * k), c)));
  const slopeOfU = op.add(g, op.mul(g, squared, 3 * c * k), c);
  const bell = op.mul(g, op.sub(g, 1, op.square(g, h)), op.mul(g, x, slopeOfU));
  return op.mul(g, op.add(g, op.add(g, h, 1), bell), 0.5);
}
