import { join } from 'node:path';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import type { Graph } from '../../src/graph/graph.js';
import * as op from '../../src/graph/ops.js';
import type { Value } from '../../src/graph/value.js';
import { openSafetensors } from '../../src/onnx/safetensors.js';
import { writeSafetensors } from '../../src/onnx/safetensors-writer.js';

/** A graph with every operation of the IR, on `image` [2, 4, 4, 4], `flag` and `ids` [3]. */
export function everyOperation(): Graph {
  const g = new GraphBuilder();
  const image = g.input('image', { dtype: 'float32', shape: [2, 4, 4, 4] });
  const flag = g.input('flag', { dtype: 'bool', shape: [] });
  const ids = g.input('ids', { dtype: 'int64', shape: [3] });
  const rows = op.reshape(g, image, [8, 16]);
  return g.build('every-operation', [
    ...elementwise(g, image),
    ...spatial(g, image),
    ...onRows(g, rows, ids),
    ...nested(g, rows, flag),
  ]);
}

function elementwise(g: GraphBuilder, x: Value): Value[] {
  const positive = op.exp(g, op.neg(g, g.add('Abs', [x], {})));
  const chain = [
    op.sqrt,
    op.log,
    op.sin,
    op.cos,
    op.reciprocal,
    op.sigmoid,
    op.tanh,
    op.erf,
    op.identity,
    op.gelu,
  ];
  const two = [op.add, op.sub, op.mul, op.div, op.min, op.max, op.pow];
  const same = g.add('Equal', [x, positive], {});
  const chosen = op.where(g, op.greater(g, x, 0), op.where(g, op.less(g, x, -1), 2, x), positive);
  return [
    ...chain.map((each) => each(g, positive)),
    ...two.map((each) => each(g, positive, 2)),
    op.cast(g, same, 'float32'),
    g.add('Gelu', [chosen], { approximate: 'tanh' }),
  ];
}

function spatial(g: GraphBuilder, x: Value): Value[] {
  const weight = g.filled([4, 4, 3, 3], 0.1);
  const windows = { strides: [2, 2], pads: [1, 1, 1, 1] } as const;
  return [
    g.add('AveragePool', [x], { ...windows, kernel: [2, 2] }),
    op.conv2d(g, x, weight, { bias: g.filled([4], 1), padding: 1 }),
    g.add('ConvTranspose', [x, weight], { ...windows, group: 1, outputPadding: [1, 1] }),
    op.upsampleNearest(g, x, 2),
    g.add('Pad', [x], { pads: [0, 0, 1, 1, 0, 0, 2, 2], value: 0.5 }),
    op.transpose(g, x, [0, 2, 3, 1]),
    ...op.chunk(g, x, 2, 1),
  ];
}

function onRows(g: GraphBuilder, rows: Value, ids: Value): Value[] {
  const square = op.matMul(g, rows, op.transpose(g, rows, [1, 0]));
  const indices = op.reshape(g, ids, [3, 1]);
  return [
    square,
    op.gemm(g, rows, rows, { transB: true, alpha: 0.5 }),
    op.softmax(g, rows),
    op.logSoftmax(g, rows, 0),
    op.reduceSum(g, rows, [0]),
    op.reduceMean(g, rows, [1], true),
    op.reduceMax(g, rows, [0, 1]),
    g.add('ArgMax', [rows], { axis: 1 }),
    op.gather(g, rows, ids),
    g.add('ScatterND', [rows, indices, op.gather(g, rows, ids)], { reduction: 'add' }),
    op.concat(g, [rows, rows], 1),
    op.expand(g, op.slice(g, rows, 0, 1, 2), [3, 16]),
    g.add('Slice', [rows], { axes: [1], starts: [-1], ends: [Number.MIN_SAFE_INTEGER], steps: [-1] }),
    ...g.addNode('LayerNormalization', [rows, g.filled([16], 1)], { axis: -1, epsilon: 1e-5 }),
  ];
}

function nested(g: GraphBuilder, rows: Value, flag: Value): Value[] {
  const chosen = op.branch(
    g,
    flag,
    (then) => [op.mul(then, rows, 2), op.sin(then, rows)],
    (otherwise) => [op.mul(otherwise, rows, 3), op.zeros(otherwise, [0])],
  );
  const body = g.nested();
  const iteration = body.input('iteration', { dtype: 'int64', shape: [] });
  const now = body.input('now', { dtype: 'float32', shape: [8, 16] });
  const [next] = op.branch(
    body,
    flag,
    (then) => [op.add(then, now, op.cast(then, iteration, 'float32'))],
    (otherwise) => [op.sub(otherwise, now, rows)],
  ) as [Value];
  const outputs = [next, op.reduceSum(body, now, [0, 1])];
  return [...chosen, ...g.addNode('Loop', [rows], { trips: 3, body: body.build('body', outputs) })];
}

const weightsFile = 'weights.safetensors';

/** The file that {@link weightsOutside} refers to; the weight isn't the first of its tensors. */
export function writeWeights(folder: string): void {
  const tensors = new Map([
    ['before', { shape: [3], data: Float32Array.of(7, 8, 9) }],
    ['weight', { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ]);
  writeSafetensors(join(folder, weightsFile), tensors);
}

/** `y` = `x` [1, 3] times the transposed weight in the safetensors file of the same folder. */
export function weightsOutside(folder: string): Graph {
  const entry = openSafetensors(join(folder, weightsFile)).tensors.get('weight');
  if (entry === undefined) throw new Error('no weight');
  const g = new GraphBuilder();
  const x = g.input('x', { dtype: 'float32', shape: [1, 3] });
  const place = { location: weightsFile, offset: entry.byteOffset, length: entry.byteLength };
  const weight = g.initializer('weight', { dtype: 'float32', shape: [2, 3] }, place);
  return g.build('weights-outside', [op.gemm(g, x, weight, { transB: true })]);
}
