import type { DataType } from './data-type.js';
import type { GraphBuilder } from './graph-builder.js';
import { GraphError } from './graph-error.js';
import { normalizeAxis } from './shape-inference.js';
import type { Shape, Value } from './value.js';

/** Operand of an elementwise function: a value or a float32 number. */
export type Operand = Value | number;

const lift = (g: GraphBuilder, x: Operand): Value => (typeof x === 'number' ? g.scalar(x) : x);

export const add = (g: GraphBuilder, a: Operand, b: Operand): Value =>
  g.add('Add', [lift(g, a), lift(g, b)], {});
export const sub = (g: GraphBuilder, a: Operand, b: Operand): Value =>
  g.add('Sub', [lift(g, a), lift(g, b)], {});
export const mul = (g: GraphBuilder, a: Operand, b: Operand): Value =>
  g.add('Mul', [lift(g, a), lift(g, b)], {});
export const div = (g: GraphBuilder, a: Operand, b: Operand): Value =>
  g.add('Div', [lift(g, a), lift(g, b)], {});
export const min = (g: GraphBuilder, a: Operand, b: Operand): Value =>
  g.add('Min', [lift(g, a), lift(g, b)], {});
export const max = (g: GraphBuilder, a: Operand, b: Operand): Value =>
  g.add('Max', [lift(g, a), lift(g, b)], {});
export const pow = (g: GraphBuilder, a: Operand, b: Operand): Value =>
  g.add('Pow', [lift(g, a), lift(g, b)], {});
export const greater = (g: GraphBuilder, a: Operand, b: Operand): Value =>
  g.add('Greater', [lift(g, a), lift(g, b)], {});
export const less = (g: GraphBuilder, a: Operand, b: Operand): Value =>
  g.add('Less', [lift(g, a), lift(g, b)], {});
export const where = (g: GraphBuilder, condition: Value, a: Operand, b: Operand): Value =>
  g.add('Where', [condition, lift(g, a), lift(g, b)], {});

export const neg = (g: GraphBuilder, x: Value): Value => g.add('Neg', [x], {});
export const sqrt = (g: GraphBuilder, x: Value): Value => g.add('Sqrt', [x], {});
export const exp = (g: GraphBuilder, x: Value): Value => g.add('Exp', [x], {});
export const log = (g: GraphBuilder, x: Value): Value => g.add('Log', [x], {});
export const sin = (g: GraphBuilder, x: Value): Value => g.add('Sin', [x], {});
export const cos = (g: GraphBuilder, x: Value): Value => g.add('Cos', [x], {});
export const reciprocal = (g: GraphBuilder, x: Value): Value => g.add('Reciprocal', [x], {});
export const sigmoid = (g: GraphBuilder, x: Value): Value => g.add('Sigmoid', [x], {});
export const tanh = (g: GraphBuilder, x: Value): Value => g.add('Tanh', [x], {});
export const erf = (g: GraphBuilder, x: Value): Value => g.add('Erf', [x], {});
export const identity = (g: GraphBuilder, x: Value): Value => g.add('Identity', [x], {});
export const square = (g: GraphBuilder, x: Value): Value => mul(g, x, x);
export const gelu = (g: GraphBuilder, x: Value): Value => g.add('Gelu', [x], { approximate: 'none' });
/** x * sigmoid(x), also called Swish. */
export const silu = (g: GraphBuilder, x: Value): Value => mul(g, x, sigmoid(g, x));
/** x * sigmoid(1.702 x), the activation of OpenAI's CLIP. */
export const quickGelu = (g: GraphBuilder, x: Value): Value => mul(g, x, sigmoid(g, mul(g, x, 1.702)));
export const cast = (g: GraphBuilder, x: Value, to: DataType): Value => g.add('Cast', [x], { to });
/** The same bits, read as another type of the same width. */
export const bitCast = (g: GraphBuilder, x: Value, to: DataType): Value => g.add('BitCast', [x], { to });

export const matMul = (g: GraphBuilder, a: Value, b: Value): Value => g.add('MatMul', [a, b], {});

/** a b + c with either factor transposed first; a and b of rank 2. */
export function gemm(
  g: GraphBuilder,
  a: Value,
  b: Value,
  {
    bias,
    transA = false,
    transB = false,
    alpha = 1,
  }: { bias?: Value; transA?: boolean; transB?: boolean; alpha?: number } = {},
): Value {
  return g.add('Gemm', bias === undefined ? [a, b] : [a, b, bias], { transA, transB, alpha });
}

/** Fully connected layer on the last axis: x [..., in], weight [out, in], bias [out]. */
export function linear(g: GraphBuilder, x: Value, weight: Value, bias?: Value): Value {
  const [outSize = 0, inSize = 0] = weight.shape;
  const flat = x.shape.length === 2 ? x : reshape(g, x, [-1, inSize]);
  const y = gemm(g, flat, weight, { transB: true, ...(bias === undefined ? {} : { bias }) });
  return x.shape.length === 2 ? y : reshape(g, y, [...x.shape.slice(0, -1), outSize]);
}

/** Two-dimensional convolution, square stride: x [batch, in, h, w], weight [out, in / group, kh, kw]; padding on every side, or top, left, bottom, right. */
export function conv2d(
  g: GraphBuilder,
  x: Value,
  weight: Value,
  {
    bias,
    stride = 1,
    padding = 0,
    group = 1,
  }: {
    bias?: Value;
    stride?: number;
    padding?: number | readonly [number, number, number, number];
    group?: number;
  } = {},
): Value {
  const pads = typeof padding === 'number' ? ([padding, padding, padding, padding] as const) : padding;
  const inputs = bias === undefined ? [x, weight] : [x, weight, bias];
  return g.add('Conv', inputs, { strides: [stride, stride], pads, group });
}

export function reshape(g: GraphBuilder, x: Value, shape: Shape): Value {
  const same = shape.length === x.shape.length && shape.every((size, i) => size === x.shape[i]);
  return same ? x : g.add('Reshape', [x], { shape });
}

export const transpose = (g: GraphBuilder, x: Value, perm: readonly number[]): Value =>
  g.add('Transpose', [x], { perm });
export const expand = (g: GraphBuilder, x: Operand, shape: Shape): Value =>
  g.add('Expand', [lift(g, x)], { shape });
export const zeros = (g: GraphBuilder, shape: Shape): Value => expand(g, 0, shape);

export function concat(g: GraphBuilder, parts: readonly Value[], axis: number): Value {
  const [first] = parts;
  if (first === undefined) throw new GraphError('nothing to concatenate');
  return parts.length === 1 ? first : g.add('Concat', parts, { axis });
}

/** Elements [start, end) of one axis. */
export const slice = (g: GraphBuilder, x: Value, axis: number, start: number, end: number): Value =>
  g.add('Slice', [x], { axes: [axis], starts: [start], ends: [end] });

/** Cuts an axis into equal parts. */
export function chunk(g: GraphBuilder, x: Value, parts: number, axis: number): Value[] {
  const at = normalizeAxis(axis, x.shape.length);
  const size = (x.shape[at] ?? 0) / parts;
  if (!Number.isInteger(size))
    throw new GraphError(`axis ${axis} of [${x.shape.join(', ')}] is not divisible by ${parts}`);
  return [...g.addNode('Split', [x], { axis: at, sizes: new Array<number>(parts).fill(size) })];
}

export const gather = (g: GraphBuilder, data: Value, indices: Value, axis = 0): Value =>
  g.add('Gather', [data, indices], { axis });
export const softmax = (g: GraphBuilder, x: Value, axis = -1): Value => g.add('Softmax', [x], { axis });
export const logSoftmax = (g: GraphBuilder, x: Value, axis = -1): Value => g.add('LogSoftmax', [x], { axis });

type Reduce = (g: GraphBuilder, x: Value, axes: readonly number[], keepDims?: boolean) => Value;
export const reduceSum: Reduce = (g, x, axes, keepDims = false) =>
  g.add('ReduceSum', [x], { axes, keepDims });
export const reduceMean: Reduce = (g, x, axes, keepDims = false) =>
  g.add('ReduceMean', [x], { axes, keepDims });
export const reduceMax: Reduce = (g, x, axes, keepDims = false) =>
  g.add('ReduceMax', [x], { axes, keepDims });

/** Every axis of a value, for reductions to a scalar. */
export const allAxes = (x: Value): number[] => x.shape.map((_, axis) => axis);

/** Nearest-neighbour enlargement of height and width. */
export const upsampleNearest = (g: GraphBuilder, x: Value, factor: number): Value =>
  g.add('Resize', [x], { factor });

/** Layer normalisation over the last axis, scaled and shifted: x [..., channels]. */
export function layerNorm(g: GraphBuilder, x: Value, weight: Value, bias: Value, epsilon: number): Value {
  return g.add('LayerNormalization', [x, weight, bias], { axis: -1, epsilon });
}

/** Group normalisation of x [batch, channels, ...], with weight and bias [channels]. */
export function groupNorm(
  g: GraphBuilder,
  x: Value,
  groups: number,
  weight: Value,
  bias: Value,
  epsilon: number,
): Value {
  const [batch = 0, channels = 0] = x.shape;
  if (channels % groups !== 0) throw new GraphError(`${channels} channels do not fall into ${groups} groups`);
  const perGroup = x.shape.slice(2).reduce((product, size) => product * size, channels / groups);
  const grouped = reshape(g, x, [batch, groups, perGroup]);
  const normalized = g.add('LayerNormalization', [grouped, g.filled([perGroup], 1)], { axis: -1, epsilon });
  const perChannel = [channels, ...x.shape.slice(2).map(() => 1)];
  const scaled = mul(g, reshape(g, normalized, x.shape), reshape(g, weight, perChannel));
  return add(g, scaled, reshape(g, bias, perChannel));
}

/** An `If`: both branches are built by functions that get a nested builder and give outputs of the same types. */
export function branch(
  g: GraphBuilder,
  condition: Value,
  thenBuild: (nested: GraphBuilder) => readonly Value[],
  elseBuild: (nested: GraphBuilder) => readonly Value[],
): readonly Value[] {
  return g.addNode('If', [condition], {
    thenBranch: buildNested(g, 'then', thenBuild),
    elseBranch: buildNested(g, 'else', elseBuild),
  });
}

/** A nested graph whose outputs are each made inside it and listed once, which ONNX wants of a branch. */
export function buildNested(
  g: GraphBuilder,
  name: string,
  build: (nested: GraphBuilder) => readonly Value[],
): ReturnType<GraphBuilder['build']> {
  const nested = g.nested();
  const outputs = build(nested);
  const made = new Set(nested.nodes.flatMap((node) => node.outputs));
  const taken = new Set<Value>();
  const own = outputs.map((output) => {
    const usable = made.has(output) && !taken.has(output);
    taken.add(output);
    return usable ? output : identity(nested, output);
  });
  return nested.build(name, own);
}
