import type { DataType } from '../graph/data-type.js';
import type { Graph, Node, NodeOf, OpAttributes, OpType } from '../graph/graph.js';
import { elementCount, type Shape } from '../graph/value.js';
import type { AttributeMessage } from './onnx-schema.js';

/** ONNX's numbers of element types (`TensorProto.DataType`). */
export const onnxDataTypes: Readonly<Record<DataType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  uint16: 4,
  bool: 9,
  float16: 10,
  bfloat16: 16,
};

/** A constant operand ONNX wants where the IR has an attribute. */
export type ConstantOperand =
  | { readonly dtype: 'int64'; readonly shape: Shape; readonly data: readonly number[] }
  | { readonly dtype: 'float32'; readonly shape: Shape; readonly data: readonly number[] };

/** What an IR operation becomes in ONNX beside its operands. */
export interface OnnxForm {
  readonly attributes: readonly AttributeMessage[];
  /** Constant operands after the node's own; `undefined` is an optional operand left out. */
  readonly constants: readonly (ConstantOperand | undefined)[];
}

const int = (name: string, i: number): AttributeMessage => ({ name, type: 2, i });
const flag = (name: string, on: boolean): AttributeMessage => int(name, on ? 1 : 0);
const float = (name: string, f: number): AttributeMessage => ({ name, type: 1, f });
const ints = (name: string, values: readonly number[]): AttributeMessage => ({ name, type: 7, ints: values });
const text = (name: string, s: string): AttributeMessage => ({
  name,
  type: 3,
  s: new TextEncoder().encode(s),
});
const int64s = (data: readonly number[]): ConstantOperand => ({ dtype: 'int64', shape: [data.length], data });
const floats = (data: readonly number[]): ConstantOperand => ({
  dtype: 'float32',
  shape: [data.length],
  data,
});
const float0 = (value: number): ConstantOperand => ({ dtype: 'float32', shape: [], data: [value] });

const form = (
  attributes: readonly AttributeMessage[] = [],
  constants: readonly (ConstantOperand | undefined)[] = [],
): OnnxForm => ({ attributes, constants });

const plain = (): OnnxForm => form();
const onAxis = ({ axis }: { readonly axis: number }): OnnxForm => form([int('axis', axis)]);
const reduction = ({ axes, keepDims }: OpAttributes['ReduceSum']): OnnxForm =>
  form([flag('keepdims', keepDims)], [int64s(axes)]);
const windows = ({
  strides,
  pads,
}: {
  strides: readonly number[];
  pads: readonly number[];
}): AttributeMessage[] => [ints('strides', strides), ints('pads', pads)];

type Lowering<Op extends OpType> = (attributes: OpAttributes[Op], node: NodeOf<Op>) => OnnxForm;

const lowerings: { readonly [Op in OpType]: Lowering<Op> } = {
  Abs: plain,
  Add: plain,
  ArgMax: ({ axis }) => form([int('axis', axis), flag('keepdims', false)]),
  AveragePool: (attributes) => form([...windows(attributes), ints('kernel_shape', attributes.kernel)]),
  BitCast: ({ to }) => form([int('to', onnxDataTypes[to])]),
  Cast: ({ to }) => form([int('to', onnxDataTypes[to])]),
  Concat: onAxis,
  Conv: (attributes) => form([...windows(attributes), int('group', attributes.group)]),
  ConvTranspose: (attributes) =>
    form([
      ...windows(attributes),
      int('group', attributes.group),
      ints('output_padding', attributes.outputPadding),
    ]),
  Cos: plain,
  DequantizeLinear: onAxis,
  Div: plain,
  DynamicQuantizeLinear: plain,
  Equal: plain,
  Erf: plain,
  Exp: plain,
  Expand: ({ shape }, { inputs }) => form([], inputs.length > 1 ? [] : [int64s(shape)]),
  Gather: onAxis,
  Gelu: ({ approximate }) => form([text('approximate', approximate)]),
  Gemm: ({ transA, transB, alpha }) =>
    form([flag('transA', transA), flag('transB', transB), float('alpha', alpha)]),
  Greater: plain,
  Identity: plain,
  If: plain,
  InstanceNormalization: ({ epsilon }) => form([float('epsilon', epsilon)]),
  LayerNormalization: ({ axis, epsilon }) => form([int('axis', axis), float('epsilon', epsilon)]),
  Less: plain,
  Log: plain,
  LogSoftmax: onAxis,
  Loop: plain,
  MatMul: plain,
  MatMulInteger: plain,
  Max: plain,
  Min: plain,
  Mul: plain,
  Neg: plain,
  Pad: ({ pads, value }) => form([], [int64s(pads), float0(value)]),
  Pow: plain,
  Reciprocal: plain,
  ReduceMax: reduction,
  ReduceMean: reduction,
  ReduceSum: reduction,
  Reshape: ({ shape, target }, { inputs }) => {
    if (inputs.length > 1) return form();
    return form([flag('allowzero', elementCount(shape) === 0)], [int64s(target ?? shape)]);
  },
  Resize: ({ factor }, { outputs }) => {
    const rank = outputs[0]?.shape.length ?? 0;
    const scales = Array.from({ length: rank }, (_, axis) => (axis >= rank - 2 ? factor : 1));
    const modes = [
      text('mode', 'nearest'),
      text('coordinate_transformation_mode', 'asymmetric'),
      text('nearest_mode', 'floor'),
    ];
    return form(modes, [undefined, floats(scales)]);
  },
  ScatterND: ({ reduction: mode }) => form([text('reduction', mode)]),
  Shape: ({ start, end }) => form([int('start', start), int('end', end)]),
  Sigmoid: plain,
  Sin: plain,
  Slice: ({ axes, starts, ends, steps }, { inputs }) => {
    if (inputs.length > 1) return form();
    return form(
      [],
      [int64s(starts), int64s(ends), int64s(axes), ...(steps === undefined ? [] : [int64s(steps)])],
    );
  },
  Softmax: onAxis,
  Split: ({ axis, sizes }) => form([int('axis', axis)], [int64s(sizes)]),
  Sqrt: plain,
  Sub: plain,
  Tanh: plain,
  Transpose: ({ perm }) => form([ints('perm', perm)]),
  Where: plain,
};

/** The ONNX attributes and constant operands of a node, opset 21. */
export function lowerNode<Op extends OpType>(node: NodeOf<Op>): OnnxForm {
  return lowerings[node.op](node.attributes, node);
}

/** A graph attribute: a branch or a body. */
export const graphAttribute = (name: string, g: NonNullable<AttributeMessage['g']>): AttributeMessage => ({
  name,
  type: 5,
  g,
});

/** ONNX's attribute names of the graphs nested in a node. */
export function nestedByName(node: Node): readonly (readonly [string, Graph])[] {
  if (node.op === 'If') {
    return [
      ['then_branch', node.attributes.thenBranch],
      ['else_branch', node.attributes.elseBranch],
    ];
  }
  return node.op === 'Loop' ? [['body', node.attributes.body]] : [];
}
