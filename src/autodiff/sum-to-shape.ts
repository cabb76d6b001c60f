import type { GraphBuilder } from '../graph/graph-builder.js';
import { gemm, reduceSum, reshape } from '../graph/ops.js';
import type { Shape, Value } from '../graph/value.js';

/** Undoes broadcasting from `shape`: the sum over every axis that broadcasting added or stretched. */
export function sumToShape(g: GraphBuilder, x: Value, shape: Shape): Value {
  const added = x.shape.length - shape.length;
  const axes = x.shape.flatMap((size, axis) =>
    axis < added || (shape[axis - added] === 1 && size !== 1) ? [axis] : [],
  );
  if (axes.length === 0) return x;
  const isOverRows = x.shape.length === 2 && axes.join() === '0' && x.dtype === 'float32';
  return reshape(g, isOverRows ? sumOfRows(g, x) : reduceSum(g, x, axes, added === 0), shape);
}

/** Of a matrix, [1, columns]: a product with ones, which runs at up to three times the speed of a reduction over the first axis. */
const sumOfRows = (g: GraphBuilder, x: Value): Value => gemm(g, g.filled([1, x.shape[0] ?? 1], 1), x);
