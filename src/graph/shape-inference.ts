import { GraphError } from './graph-error.js';
import type { OpAttributes, OpType } from './graph.js';
import { elementCount, type Shape, type TensorType, type Value } from './value.js';

type Inputs = readonly (TensorType | undefined)[];
type Rule<Op extends OpType> = (inputs: Inputs, attributes: OpAttributes[Op]) => TensorType[];

/** Output types of an operation; throws {@link GraphError} when the operands don't fit it. */
export function inferTypes<Op extends OpType>(
  op: Op,
  inputs: Inputs,
  attributes: OpAttributes[Op],
): TensorType[] {
  return rules[op](inputs, attributes);
}

/** Counts an axis from the front. */
export function normalizeAxis(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (positive < 0 || positive >= rank) throw new GraphError(`axis ${axis} of a tensor of rank ${rank}`);
  return positive;
}

/** ONNX's (NumPy's) broadcasting of two shapes. */
function broadcastShapes(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a[i - rank + a.length] ?? 1;
    const right = b[i - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new GraphError(`shapes [${a.join(', ')}] and [${b.join(', ')}] do not broadcast`);
    }
    return left === 1 ? right : left;
  });
}

function operand(inputs: Inputs, index: number): TensorType {
  const input = inputs[index];
  if (input === undefined) throw new GraphError(`operand ${index} is missing`);
  return input;
}

function extent(shape: Shape, axis: number): number {
  const size = shape[axis];
  if (size === undefined) throw new GraphError(`no axis ${axis} in [${shape.join(', ')}]`);
  return size;
}

function expectEqual(found: number, expected: number, what: string): void {
  if (found !== expected) throw new GraphError(`${what}: expected ${expected}, found ${found}`);
}

function expectSameType(found: TensorType, expected: TensorType, what: string): void {
  if (describeType(found) === describeType(expected)) return;
  throw new GraphError(`${what}: expected ${describeType(expected)}, found ${describeType(found)}`);
}

/** Operands that are there have one element type, which is given. */
function commonDtype(inputs: Inputs): TensorType['dtype'] {
  const { dtype } = operand(inputs, 0);
  const other = inputs.find((input) => input !== undefined && input.dtype !== dtype);
  if (other !== undefined) throw new GraphError(`operands are ${dtype} and ${other.dtype}`);
  return dtype;
}

const sameAsFirst = (inputs: Inputs): TensorType[] => [
  { dtype: operand(inputs, 0).dtype, shape: operand(inputs, 0).shape },
];

function alongAxis(inputs: Inputs, { axis }: { readonly axis: number }): TensorType[] {
  normalizeAxis(axis, operand(inputs, 0).shape.length);
  return sameAsFirst(inputs);
}

function broadcast(inputs: Inputs): TensorType[] {
  const [a, b] = [operand(inputs, 0), operand(inputs, 1)];
  return [{ dtype: commonDtype(inputs), shape: broadcastShapes(a.shape, b.shape) }];
}

const compare = (inputs: Inputs): TensorType[] =>
  broadcast(inputs).map(({ shape }) => ({ dtype: 'bool', shape }));

function reduce(inputs: Inputs, { axes, keepDims }: OpAttributes['ReduceSum']): TensorType[] {
  const { dtype, shape } = operand(inputs, 0);
  const gone = new Set(axes.map((axis) => normalizeAxis(axis, shape.length)));
  const kept = shape.map((size, axis) => (gone.has(axis) ? 1 : size));
  return [{ dtype, shape: keepDims ? kept : kept.filter((_, axis) => !gone.has(axis)) }];
}

function matMul(inputs: Inputs): TensorType[] {
  return [{ dtype: commonDtype(inputs), shape: productShape(operand(inputs, 0), operand(inputs, 1)) }];
}

function productShape(a: TensorType, b: TensorType): Shape {
  if (a.shape.length < 2 || b.shape.length < 2)
    throw new GraphError('MatMul takes operands of rank 2 or more');
  expectEqual(
    extent(b.shape, b.shape.length - 2),
    extent(a.shape, a.shape.length - 1),
    'inner extent of MatMul',
  );
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return [...batch, extent(a.shape, a.shape.length - 2), extent(b.shape, b.shape.length - 1)];
}

function matMulInteger(inputs: Inputs): TensorType[] {
  const [a, b] = [operand(inputs, 0), operand(inputs, 1)];
  expectSameType(operand(inputs, 2), { dtype: a.dtype, shape: [] }, 'code of zero in MatMulInteger');
  expectCodes(a, 'first operand of MatMulInteger');
  expectCodes(b, 'second operand of MatMulInteger');
  return [{ dtype: 'int32', shape: productShape(a, b) }];
}

function dequantizeLinear(inputs: Inputs, attributes: OpAttributes['DequantizeLinear']): TensorType[] {
  const [codes, scales] = [operand(inputs, 0), operand(inputs, 1)];
  expectCodes(codes, 'operand of DequantizeLinear');
  const axis = normalizeAxis(attributes.axis, codes.shape.length);
  const expected = { dtype: 'float32', shape: [extent(codes.shape, axis)] } as const;
  expectSameType(scales, expected, 'scales of DequantizeLinear');
  return [{ dtype: 'float32', shape: codes.shape }];
}

function dynamicQuantizeLinear(inputs: Inputs): TensorType[] {
  const { dtype, shape } = operand(inputs, 0);
  expectSameType({ dtype, shape }, { dtype: 'float32', shape }, 'operand of DynamicQuantizeLinear');
  return [
    { dtype: 'uint8', shape },
    { dtype: 'float32', shape: [] },
    { dtype: 'uint8', shape: [] },
  ];
}

function expectCodes({ dtype }: TensorType, what: string): void {
  if (dtype === 'int8' || dtype === 'uint8') return;
  throw new GraphError(`${what}: expected int8 or uint8, found ${dtype}`);
}

function gemm(inputs: Inputs, { transA, transB }: OpAttributes['Gemm']): TensorType[] {
  const [a, b] = [operand(inputs, 0), operand(inputs, 1)];
  expectEqual(a.shape.length, 2, 'rank of Gemm’s first operand');
  expectEqual(b.shape.length, 2, 'rank of Gemm’s second operand');
  expectEqual(extent(b.shape, transB ? 1 : 0), extent(a.shape, transA ? 0 : 1), 'inner extent of Gemm');
  const shape = [extent(a.shape, transA ? 1 : 0), extent(b.shape, transB ? 0 : 1)];
  const bias = inputs[2];
  if (bias !== undefined && elementCount(broadcastShapes(shape, bias.shape)) !== elementCount(shape)) {
    throw new GraphError(`bias [${bias.shape.join(', ')}] of a Gemm that gives [${shape.join(', ')}]`);
  }
  return [{ dtype: commonDtype(inputs), shape }];
}

/** A bias for every channel that a convolution gives, where there is one. */
function expectBias(bias: TensorType | undefined, channels: number): void {
  if (bias === undefined || (bias.shape.length === 1 && bias.shape[0] === channels)) return;
  throw new GraphError(`bias [${bias.shape.join(', ')}] of a convolution that gives ${channels} channels`);
}

function conv(inputs: Inputs, { strides, pads, group }: OpAttributes['Conv']): TensorType[] {
  const [x, w] = [operand(inputs, 0), operand(inputs, 1)];
  expectEqual(x.shape.length, 4, 'rank of Conv’s input');
  expectEqual(w.shape.length, 4, 'rank of Conv’s weight');
  expectEqual(extent(w.shape, 0) % group, 0, 'output channels of Conv beyond whole groups');
  expectBias(inputs[2], extent(w.shape, 0));
  expectEqual(extent(x.shape, 1), extent(w.shape, 1) * group, 'channels of Conv’s input');
  const size = (axis: 0 | 1): number =>
    Math.floor(
      (extent(x.shape, 2 + axis) + pads[axis] + pads[(2 + axis) as 2 | 3] - extent(w.shape, 2 + axis)) /
        strides[axis],
    ) + 1;
  const dtype = commonDtype(inputs);
  return [{ dtype, shape: [extent(x.shape, 0), extent(w.shape, 0), size(0), size(1)] }];
}

function convTranspose(inputs: Inputs, attributes: OpAttributes['ConvTranspose']): TensorType[] {
  const { strides, pads, group, outputPadding } = attributes;
  const [x, w] = [operand(inputs, 0), operand(inputs, 1)];
  expectEqual(x.shape.length, 4, 'rank of ConvTranspose’s input');
  expectEqual(w.shape.length, 4, 'rank of ConvTranspose’s weight');
  expectEqual(extent(x.shape, 1), extent(w.shape, 0), 'channels of ConvTranspose’s input');
  expectBias(inputs[2], extent(w.shape, 1) * group);
  const size = (axis: 0 | 1): number =>
    (extent(x.shape, 2 + axis) - 1) * strides[axis] +
    extent(w.shape, 2 + axis) -
    pads[axis] -
    pads[(2 + axis) as 2 | 3] +
    outputPadding[axis];
  const dtype = commonDtype(inputs);
  return [{ dtype, shape: [extent(x.shape, 0), extent(w.shape, 1) * group, size(0), size(1)] }];
}

function averagePool(inputs: Inputs, { kernel, strides, pads }: OpAttributes['AveragePool']): TensorType[] {
  const { dtype, shape } = operand(inputs, 0);
  const size = (axis: 0 | 1): number =>
    Math.floor(
      (extent(shape, 2 + axis) + pads[axis] + pads[(2 + axis) as 2 | 3] - kernel[axis]) / strides[axis],
    ) + 1;
  return [{ dtype, shape: [extent(shape, 0), extent(shape, 1), size(0), size(1)] }];
}

function concat(inputs: Inputs, attributes: OpAttributes['Concat']): TensorType[] {
  const first = operand(inputs, 0);
  const axis = normalizeAxis(attributes.axis, first.shape.length);
  const total = inputs.reduce((sum, _, index) => {
    const { shape } = operand(inputs, index);
    expectEqual(shape.length, first.shape.length, `rank of operand ${index} in Concat`);
    shape.forEach((size, i) => {
      if (i !== axis) expectEqual(size, extent(first.shape, i), `extent of axis ${i} in Concat`);
    });
    return sum + extent(shape, axis);
  }, 0);
  return [{ dtype: commonDtype(inputs), shape: first.shape.map((size, i) => (i === axis ? total : size)) }];
}

function slice(inputs: Inputs, { axes, starts, ends, steps }: OpAttributes['Slice']): TensorType[] {
  const { dtype, shape } = operand(inputs, 0);
  const result = [...shape];
  axes.forEach((rawAxis, i) => {
    const axis = normalizeAxis(rawAxis, shape.length);
    const size = extent(shape, axis);
    const step = steps?.[i] ?? 1;
    const clamp = (at: number, low: number, high: number): number =>
      Math.min(Math.max(at < 0 && at >= -size ? at + size : at, low), high);
    const [start, end] = [starts[i] ?? 0, ends[i] ?? size];
    const span =
      step > 0
        ? clamp(end, 0, size) - clamp(start, 0, size)
        : clamp(end, -1, size - 1) - clamp(start, 0, size - 1);
    result[axis] = Math.max(0, Math.ceil(span / step));
  });
  return [{ dtype, shape: result }];
}

function reshape(inputs: Inputs, { shape }: OpAttributes['Reshape']): TensorType[] {
  const input = operand(inputs, 0);
  const known = elementCount(shape.filter((size) => size !== -1));
  const total = elementCount(input.shape);
  const resolved = shape.map((size) => (size === -1 ? Math.floor(total / known) : size));
  expectEqual(
    elementCount(resolved),
    total,
    `elements of [${shape.join(', ')}] reshaped from [${input.shape.join(', ')}]`,
  );
  return [{ dtype: input.dtype, shape: resolved }];
}

function gather(inputs: Inputs, attributes: OpAttributes['Gather']): TensorType[] {
  const [data, indices] = [operand(inputs, 0), operand(inputs, 1)];
  const axis = normalizeAxis(attributes.axis, data.shape.length);
  return [
    {
      dtype: data.dtype,
      shape: [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)],
    },
  ];
}

function layerNormalization(inputs: Inputs, attributes: OpAttributes['LayerNormalization']): TensorType[] {
  const { dtype, shape } = operand(inputs, 0);
  const axis = normalizeAxis(attributes.axis, shape.length);
  const normalized = { dtype, shape: shape.slice(axis) };
  expectSameType(operand(inputs, 1), normalized, 'scale of LayerNormalization');
  if (inputs[2] !== undefined) expectSameType(inputs[2], normalized, 'bias of LayerNormalization');
  const reduced = { dtype, shape: shape.map((size, i) => (i < axis ? size : 1)) };
  return [{ dtype, shape }, reduced, reduced];
}

/** An empty output stands in for what only the other branch makes, and the other branch tells its type. */
function branches(_: Inputs, { thenBranch, elseBranch }: OpAttributes['If']): TensorType[] {
  expectEqual(elseBranch.outputs.length, thenBranch.outputs.length, 'outputs of the else branch');
  return thenBranch.outputs.map((output, i) => {
    const other = operand(elseBranch.outputs, i);
    const [isEmpty, isOtherEmpty] = [output, other].map(({ shape }) => elementCount(shape) === 0);
    if (isEmpty !== true && isOtherEmpty !== true)
      expectSameType(other, output, `output ${i} of the else branch`);
    const { dtype, shape } = isEmpty === true ? other : output;
    return { dtype, shape };
  });
}

/** States keep their types from one iteration to the next; what else the body gives is stacked. */
function loop(inputs: Inputs, { trips, body }: OpAttributes['Loop']): TensorType[] {
  expectEqual(body.inputs.length, inputs.length + 1, 'inputs of a loop’s body');
  inputs.forEach((_, i) => {
    expectSameType(operand(body.inputs, i + 1), operand(inputs, i), `state ${i} going into a loop`);
    expectSameType(operand(body.outputs, i), operand(inputs, i), `state ${i} coming out of a loop`);
  });
  return body.outputs.map(({ dtype, shape }, i) => ({
    dtype,
    shape: i < inputs.length ? shape : [trips, ...shape],
  }));
}

function split(inputs: Inputs, { axis: rawAxis, sizes }: OpAttributes['Split']): TensorType[] {
  const { dtype, shape } = operand(inputs, 0);
  const axis = normalizeAxis(rawAxis, shape.length);
  expectEqual(
    sizes.reduce((sum, size) => sum + size, 0),
    extent(shape, axis),
    'sizes of a Split',
  );
  return sizes.map((part) => ({ dtype, shape: shape.map((size, i) => (i === axis ? part : size)) }));
}

const rules: { readonly [Op in OpType]: Rule<Op> } = {
  Abs: sameAsFirst,
  Add: broadcast,
  ArgMax: (inputs, { axis }) =>
    reduce(inputs, { axes: [axis], keepDims: false }).map(({ shape }) => ({ dtype: 'int64', shape })),
  AveragePool: averagePool,
  BitCast: (inputs, { to }) => [{ dtype: to, shape: operand(inputs, 0).shape }],
  Cast: (inputs, { to }) => [{ dtype: to, shape: operand(inputs, 0).shape }],
  Concat: concat,
  Conv: conv,
  ConvTranspose: convTranspose,
  Cos: sameAsFirst,
  DequantizeLinear: dequantizeLinear,
  Div: broadcast,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  Equal: compare,
  Erf: sameAsFirst,
  Exp: sameAsFirst,
  Expand: (inputs, { shape }) => [
    { dtype: operand(inputs, 0).dtype, shape: broadcastShapes(operand(inputs, 0).shape, shape) },
  ],
  Gather: gather,
  Gelu: sameAsFirst,
  Gemm: gemm,
  Greater: compare,
  Identity: sameAsFirst,
  If: branches,
  InstanceNormalization: sameAsFirst,
  LayerNormalization: layerNormalization,
  Less: compare,
  Log: sameAsFirst,
  LogSoftmax: alongAxis,
  Loop: loop,
  MatMul: matMul,
  MatMulInteger: matMulInteger,
  Max: broadcast,
  Min: broadcast,
  Mul: broadcast,
  Neg: sameAsFirst,
  Pad: (inputs, { pads }) => {
    const { dtype, shape } = operand(inputs, 0);
    expectEqual(pads.length, 2 * shape.length, 'pads');
    return [{ dtype, shape: shape.map((size, i) => size + (pads[i] ?? 0) + (pads[i + shape.length] ?? 0)) }];
  },
  Pow: broadcast,
  Reciprocal: sameAsFirst,
  ReduceMax: reduce,
  ReduceMean: reduce,
  ReduceSum: reduce,
  Reshape: reshape,
  Resize: (inputs, { factor }) => {
    const { dtype, shape } = operand(inputs, 0);
    return [{ dtype, shape: shape.map((size, i) => (i >= shape.length - 2 ? size * factor : size)) }];
  },
  ScatterND: (inputs) => {
    const [{ dtype, shape }, indices] = [operand(inputs, 0), operand(inputs, 1)];
    expectSameType(indices, { dtype: 'int64', shape: [extent(indices.shape, 0), 1] }, 'indices of ScatterND');
    const updates = { dtype, shape: [extent(indices.shape, 0), ...shape.slice(1)] };
    expectSameType(operand(inputs, 2), updates, 'updates of ScatterND');
    return sameAsFirst(inputs);
  },
  Shape: (inputs, { start, end }) => {
    normalizeAxis(end - 1, operand(inputs, 0).shape.length);
    return [{ dtype: 'int64', shape: [end - start] }];
  },
  Sigmoid: sameAsFirst,
  Sin: sameAsFirst,
  Slice: slice,
  Softmax: alongAxis,
  Split: split,
  Sqrt: sameAsFirst,
  Sub: broadcast,
  Tanh: sameAsFirst,
  Transpose: (inputs, { perm }) => {
    const { dtype, shape } = operand(inputs, 0);
    expectEqual(perm.length, shape.length, 'axes of a Transpose');
    return [{ dtype, shape: perm.map((axis) => extent(shape, axis)) }];
  },
  Where: (inputs) => {
    const [condition, a, b] = [operand(inputs, 0), operand(inputs, 1), operand(inputs, 2)];
    if (condition.dtype !== 'bool')
      throw new GraphError(`condition of Where is ${condition.dtype}, not bool`);
    return [
      {
        dtype: commonDtype([a, b]),
        shape: broadcastShapes(condition.shape, broadcastShapes(a.shape, b.shape)),
      },
    ];
  },
};

/** Element type and shape in one line, for messages. */
export function describeType({ dtype, shape }: TensorType | Value): string {
  return `${dtype}[${shape.join(', ')}]`;
}
