import type { TensorData } from './data-type.js';
import type { OpAttributes, OpType } from './op-attributes.js';
import type { Value } from './value.js';

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
}
