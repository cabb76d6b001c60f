import type { GraphBuilder } from '../graph/graph-builder.js';
import { GraphError } from '../graph/graph-error.js';
import * as op from '../graph/ops.js';
import { normalizeAxis } from '../graph/shape-inference.js';
import { elementCount, type Value } from '../graph/value.js';
import { operandOf, outputGradient, outputOf, type GradientRule } from './gradient-rule.js';

export const reshapeRule: GradientRule<'Reshape'> = (call) => {
  const [dy, x] = [outputGradient(call), operandOf(call, 0)];
  return [() => op.reshape(call.g, dy, x.shape)];
};

export const transposeRule: GradientRule<'Transpose'> = (call) => {
  const { perm } = call.node.attributes;
  const dy = outputGradient(call);
  return [() => op.transpose(call.g, dy, inverse(perm))];
};

const inverse = (perm: readonly number[]): number[] => perm.map((_, axis) => perm.indexOf(axis));

/** Summing over what broadcasting stretched is left to the caller. */
export const expandRule: GradientRule<'Expand'> = (call) => {
  const dy = outputGradient(call);
  return [() => dy];
};

export const concatRule: GradientRule<'Concat'> = (call) => {
  const dy = outputGradient(call);
  const axis = normalizeAxis(call.node.attributes.axis, dy.shape.length);
  let end = 0;
  return call.operands.map((operand) => {
    const start = end;
    end += operand?.shape[axis] ?? 0;
    const stop = end;
    return () => op.slice(call.g, dy, axis, start, stop);
  });
};

export const splitRule: GradientRule<'Split'> = (call) => {
  const { g, node } = call;
  const parts = (): Value[] =>
    node.outputs.map((output, i) => call.outputGradients[i] ?? op.zeros(g, output.shape));
  return [() => op.concat(g, parts(), node.attributes.axis)];
};

export const sliceRule: GradientRule<'Slice'> = (call) => {
  const { axes, starts, steps = [] } = call.node.attributes;
  if (steps.some((step) => step !== 1)) {
    throw new GraphError('no gradient of a Slice with steps other than 1', call.node.name);
  }
  const [dy, x, y] = [outputGradient(call), operandOf(call, 0), outputOf(call)];
  const rank = x.shape.length;
  const before = new Array<number>(rank).fill(0);
  axes.forEach((axis, i) => {
    const at = normalizeAxis(axis, rank);
    const [size, start] = [x.shape[at] ?? 0, starts[i] ?? 0];
    before[at] = Math.min(Math.max(start < 0 ? start + size : start, 0), size);
  });
  const after = before.map((pad, axis) => (x.shape[axis] ?? 0) - (y.shape[axis] ?? 0) - pad);
  return [() => call.g.add('Pad', [dy], { pads: [...before, ...after], value: 0 })];
};

export const padRule: GradientRule<'Pad'> = (call) => {
  const { pads } = call.node.attributes;
  if (pads.some((pad) => pad < 0)) throw new GraphError('no gradient of a Pad that crops', call.node.name);
  const [dy, x] = [outputGradient(call), operandOf(call, 0)];
  const padded = op.allAxes(x).filter((axis) => dy.shape[axis] !== x.shape[axis]);
  const starts = padded.map((axis) => pads[axis] ?? 0);
  const ends = padded.map((axis) => (pads[axis] ?? 0) + (x.shape[axis] ?? 0));
  return [() => (padded.length === 0 ? dy : call.g.add('Slice', [dy], { axes: padded, starts, ends }))];
};

/** Rows of the table get the sum of the gradients of the places they were copied to. */
export const gatherRule: GradientRule<'Gather'> = (call) => {
  const { g, node } = call;
  const [dy, data, indices] = [outputGradient(call), operandOf(call, 0), operandOf(call, 1)];
  const axis = normalizeAxis(node.attributes.axis, data.shape.length);
  return [
    () => {
      const rest = data.shape.filter((_, i) => i !== axis);
      const count = elementCount(indices.shape);
      const updates = op.reshape(g, axisToFront(g, dy, axis, indices.shape.length), [count, ...rest]);
      const table = op.zeros(g, [data.shape[axis] ?? 0, ...rest]);
      const summed = g.add('ScatterND', [table, indexColumn(g, indices), updates], { reduction: 'add' });
      return frontToAxis(g, summed, axis);
    },
  ];
};

/** Updates were added to some rows: their gradients are those rows'. */
export const scatterNdRule: GradientRule<'ScatterND'> = (call) => {
  const { g } = call;
  const [dy, indices] = [outputGradient(call), operandOf(call, 1)];
  const rows = (): Value => op.reshape(g, indices, [indices.shape[0] ?? 0]);
  return [() => dy, undefined, () => op.gather(g, dy, rows())];
};

function indexColumn(g: GraphBuilder, indices: Value): Value {
  const column = op.reshape(g, indices, [elementCount(indices.shape), 1]);
  return indices.dtype === 'int64' ? column : op.cast(g, column, 'int64');
}

/** Moves `count` axes from `axis` on to the front. */
function axisToFront(g: GraphBuilder, x: Value, axis: number, count: number): Value {
  if (axis === 0 || count === 0) return x;
  const axes = op.allAxes(x);
  const moved = axes.slice(axis, axis + count);
  return op.transpose(g, x, [...moved, ...axes.slice(0, axis), ...axes.slice(axis + count)]);
}

function frontToAxis(g: GraphBuilder, x: Value, axis: number): Value {
  if (axis === 0) return x;
  const others = op.allAxes(x).slice(1);
  return op.transpose(g, x, [...others.slice(0, axis), 0, ...others.slice(axis)]);
}
