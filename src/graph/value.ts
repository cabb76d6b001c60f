import type { DataType } from './data-type.js';

/** Extents of a tensor; `[]` is a scalar. */
export type Shape = readonly number[];

/** The type of a tensor. */
export interface TensorType {
  readonly dtype: DataType;
  readonly shape: Shape;
}

/** One tensor of a graph: an input, an initializer, or an output of a node. Compared by identity. */
export interface Value extends TensorType {
  /** Unique in the graph and all graphs nested in it. */
  readonly name: string;
}

/** Number of elements of a shape. */
export function elementCount(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}
