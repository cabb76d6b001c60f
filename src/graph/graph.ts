import type { DataType, TensorData } from './data-type.js';
import type { Shape, Value } from './value.js';

/** One operation applied to values. */
export interface NodeOf<Op extends OpType> {
  readonly op: Op;
  /** `scope|Op.n`: what stands before the bar is the block the node belongs to; the runtime's profile reports it. */
  readonly name: string;
  /** An optional operand that is left out is undefined. */
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  readonly attributes: OpAttributes[Op];
}

/** Any node, discriminated by `op`. */
export type Node = { [Op in OpType]: NodeOf<Op> }[OpType];

/** Bytes of a tensor inside a file in the same folder as the model, ONNX's external data. */
export interface ExternalData {
  /** Where the file is, unless whoever opens the session knows it; not part of the model. */
  readonly folder?: string;
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** A constant of a graph. */
export interface Initializer {
  readonly value: Value;
  readonly data: TensorData | ExternalData;
}

/** A pure function of tensors: nodes in topological order. A nested graph may use values of the graphs around it. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly initializers: readonly Initializer[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly Value[];
  /**
   * Names of the axes of inputs and outputs that may have any size; undefined for an axis of the size that the shape says. All shapes in a graph
   * that names axes are those of an example.
   */
  readonly axes?: ReadonlyMap<Value, readonly (string | undefined)[]>;
}

type None = Readonly<Record<string, never>>;

interface Windowed {
  readonly strides: readonly [number, number];
  /** top, left, bottom, right */
  readonly pads: readonly [number, number, number, number];
}

interface Reduction {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/**
 * The operations of the IR with their attributes: ONNX's operators under their own names. What ONNX passes as a constant
 * input (a shape, axes, pads) is an attribute here; `src/onnx` turns it into an input again.
 */
export interface OpAttributes {
  Abs: None;
  Add: None;
  ArgMax: { readonly axis: number };
  AveragePool: Windowed & { readonly kernel: readonly [number, number] };
  /** The same bits as another type of the same size. */
  BitCast: { readonly to: DataType };
  Cast: { readonly to: DataType };
  Concat: { readonly axis: number };
  Conv: Windowed & { readonly group: number };
  ConvTranspose: Windowed & { readonly group: number; readonly outputPadding: readonly [number, number] };
  Cos: None;
  /** Input: codes of a type of 8 bits, scales [extent of `axis`]: each code times the scale of its index on that axis. */
  DequantizeLinear: { readonly axis: number };
  Div: None;
  /** Codes from 0 to 255 of a tensor, by its own extremes; outputs codes (uint8), their scale (float32) and the code of zero (uint8), both scalars. */
  DynamicQuantizeLinear: None;
  Equal: None;
  Erf: None;
  Exp: None;
  /** A second operand is the shape where it is not known before the graph runs; `shape` then is an example. */
  Expand: { readonly shape: Shape };
  Gather: { readonly axis: number };
  Gelu: { readonly approximate: 'none' | 'tanh' };
  Gemm: { readonly transA: boolean; readonly transB: boolean; readonly alpha: number };
  Greater: None;
  Identity: None;
  /**
   * Input: the condition. Branches capture outer values by reference and have outputs of the same types; where only one
   * branch has something to give, the other's output is empty.
   */
  If: { readonly thenBranch: Graph; readonly elseBranch: Graph };
  /** Normalises x [batch, channels, ...] over what comes after the channels; then scale [channels] and shift [channels]. */
  InstanceNormalization: { readonly epsilon: number };
  /** Normalises over all axes from `axis`; outputs the scaled value, the mean and the inverse deviation. */
  LayerNormalization: { readonly axis: number; readonly epsilon: number };
  Less: None;
  Log: None;
  LogSoftmax: { readonly axis: number };
  /**
   * Runs the body `trips` times. Inputs: the states. Body inputs: the iteration (an int64 scalar), then the states. Body
   * outputs: the states, then values that the loop stacks along a new first axis.
   */
  Loop: { readonly trips: number; readonly body: Graph };
  MatMul: None;
  /** Product of codes a, after taking off the scalar third operand, and int8 codes b; int32. */
  MatMulInteger: None;
  Max: None;
  Min: None;
  Mul: None;
  Neg: None;
  /** `pads`: before every axis, then after every axis. */
  Pad: { readonly pads: readonly number[]; readonly value: number };
  Pow: None;
  Reciprocal: None;
  ReduceMax: Reduction;
  ReduceMean: Reduction;
  ReduceSum: Reduction;
  /**
   * `target` is what stands in place of `shape` in a graph of any size: 0 keeps the input's size on that axis, -1 is what is left. A second operand
   * is the shape where it is not known before the graph runs; `shape` then is an example.
   */
  Reshape: { readonly shape: Shape; readonly target?: readonly number[] };
  /** Nearest-neighbour enlargement of the last two axes by a whole factor. */
  Resize: { readonly factor: number };
  /** Adds updates [n, ...rest] to rows indices [n, 1] of data [rows, ...rest]. */
  ScatterND: { readonly reduction: 'add' };
  /** Sizes of the axes from `start` to before `end`, int64. */
  Shape: { readonly start: number; readonly end: number };
  Sigmoid: None;
  Sin: None;
  /** Further operands are starts, ends and axes where they are not known before the graph runs; the attributes then are an example. */
  Slice: {
    readonly axes: readonly number[];
    readonly starts: readonly number[];
    readonly ends: readonly number[];
    /** 1 on every axis when absent; may be negative (then `ends` of `Number.MIN_SAFE_INTEGER` reaches the first element). */
    readonly steps?: readonly number[];
  };
  Softmax: { readonly axis: number };
  /** Cuts an axis into parts of the given sizes, an output each. */
  Split: { readonly axis: number; readonly sizes: readonly number[] };
  Sqrt: None;
  Sub: None;
  Tanh: None;
  Transpose: { readonly perm: readonly number[] };
  Where: None;
}

/** Name of an operation. */
export type OpType = keyof OpAttributes;
