import type { GraphBuilder } from '../graph/graph-builder.js';
import { reduceSum, reshape } from '../graph/ops.js';
import type { Shape, Value } from '../graph/value.js';

/** Undoes broadcasting from `shape`: the sum over every axis that broadcasting added or stretched. */
export function sumToShape(g: GraphBuilder, x: Value, shape: Shape): Value {
  const added = x.shape.length - shape.length;
  const axes = x.shape.flatMap((size, axis) =>
    axis < added || (shape[axis - added] === 1 && size !== 1) ? [axis] : [],
  );
  return axes.length === 0 ? x : reshape(g, reduceSum(g, x, axes, added === 0), shape);
}
