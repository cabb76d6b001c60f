import type { GraphBuilder } from '../graph/graph-builder.js';
import { GraphError } from '../graph/graph-error.js';
import type { OpAttributes } from '../graph/graph.js';
import * as op from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { operandOf, outputGradient, type GradientRule } from './gradient-rule.js';

type Windows = Pick<OpAttributes['Conv'], 'strides' | 'pads'>;

/** Extents of a tensor of rank 4. */
function extents({ shape }: Value): readonly [number, number, number, number] {
  const [batch = 1, channels = 1, height = 1, width = 1] = shape;
  return [batch, channels, height, width];
}

function expectOneGroup(group: number, name: string): void {
  if (group !== 1) throw new GraphError(`no gradient of a convolution in ${group} groups`, name);
}

export const convRule: GradientRule<'Conv'> = (call) => {
  const { g, node } = call;
  expectOneGroup(node.attributes.group, node.name);
  const [dy, x, weight] = [outputGradient(call), operandOf(call, 0), operandOf(call, 1)];
  return [
    () => imageGradient(g, dy, x, weight, node.attributes),
    () => weightGradient(g, dy, x, weight, node.attributes),
    () => op.reduceSum(g, dy, [0, 2, 3]),
  ];
};

/** The transposed convolution is the convolution's gradient, so their parts change places: y' = x, x' = dy. */
export const convTransposeRule: GradientRule<'ConvTranspose'> = (call) => {
  const { g, node } = call;
  const { strides, pads, group } = node.attributes;
  expectOneGroup(group, node.name);
  const [dy, x, weight] = [outputGradient(call), operandOf(call, 0), operandOf(call, 1)];
  return [
    () => g.add('Conv', [dy, weight], { strides, pads, group }),
    () => weightGradient(g, x, dy, weight, { strides, pads }),
    () => op.reduceSum(g, dy, [0, 2, 3]),
  ];
};

/**
 * With stride 1 a convolution of dy with the weights transposed and turned by 180 degrees, which runs at nearly twice the speed
 * of the transposed convolution that other strides take.
 */
function imageGradient(g: GraphBuilder, dy: Value, x: Value, weight: Value, windows: Windows): Value {
  const { strides, pads } = windows;
  const [, , height, width] = extents(weight);
  const [top, left, bottom, right] = pads;
  const fits = Math.max(top, bottom) < height && Math.max(left, right) < width;
  if (strides[0] !== 1 || strides[1] !== 1 || !fits) return scatteredImageGradient(g, dy, x, weight, windows);
  const [above, before] = [height - 1, width - 1];
  const around = [above - top, before - left, above - bottom, before - right] as const;
  const turned = op.transpose(g, turn(g, weight), [1, 0, 2, 3]);
  return g.add('Conv', [dy, turned], { strides: [1, 1], pads: around, group: 1 });
}

function scatteredImageGradient(
  g: GraphBuilder,
  dy: Value,
  x: Value,
  weight: Value,
  { strides, pads }: Windows,
): Value {
  const [, , height, width] = extents(x);
  const [, , kernelHeight, kernelWidth] = extents(weight);
  const [, , outHeight, outWidth] = extents(dy);
  const outputPadding = [
    height + pads[0] + pads[2] - kernelHeight - (outHeight - 1) * strides[0],
    width + pads[1] + pads[3] - kernelWidth - (outWidth - 1) * strides[1],
  ] as const;
  return g.add('ConvTranspose', [dy, weight], { strides, pads, group: 1, outputPadding });
}

/**
 * A kernel turned by 180 degrees: its elements times a matrix that reverses them, which takes a fraction of a reversed Slice's time. Exact where
 * products are of float32; under CUDA they are of TF32, and round it as the convolution behind does, since onnxruntime-node passes no `use_tf32` on.
 */
function turn(g: GraphBuilder, weight: Value): Value {
  const [, , height, width] = extents(weight);
  const count = height * width;
  if (count === 1) return weight;
  const kernels = op.reshape(g, weight, [-1, count]);
  return op.reshape(g, op.gemm(g, kernels, reversal(g, count)), weight.shape);
}

/** The square matrix with ones from corner to corner that a row vector is reversed by. */
function reversal(g: GraphBuilder, size: number): Value {
  const elements = Float32Array.from({ length: size * size }, (_, i) =>
    Math.floor(i / size) + (i % size) === size - 1 ? 1 : 0,
  );
  return g.constant([size, size], elements);
}

/**
 * One Gemm for every element of the kernel: dy as [out, N H W] times the slice of the padded input that this element sees, as
 * [N H W, in]. With the channels last a slice is copied in long runs, and neither factor is transposed once more by the Gemm
 * (docs/performance-notes.md has what else was measured).
 */
function weightGradient(g: GraphBuilder, dy: Value, x: Value, weight: Value, windows: Windows): Value {
  const [out, into, kernelHeight, kernelWidth] = extents(weight);
  const gradient = op.reshape(g, op.transpose(g, dy, [1, 0, 2, 3]), [out, -1]);
  const padded = padChannelsLast(g, op.transpose(g, x, [0, 2, 3, 1]), windows.pads);
  const taps = Array.from({ length: kernelHeight * kernelWidth }, (_, tap) => {
    const at = [Math.floor(tap / kernelWidth), tap % kernelWidth] as const;
    return op.gemm(g, gradient, op.reshape(g, seenImage(g, padded, at, dy, windows), [-1, into]));
  });
  const stacked = op.reshape(g, op.concat(g, taps, 0), [taps.length, out, into]);
  return op.reshape(g, op.transpose(g, stacked, [1, 2, 0]), weight.shape);
}

function padChannelsLast(g: GraphBuilder, image: Value, [top, left, bottom, right]: Windows['pads']): Value {
  if (top + left + bottom + right === 0) return image;
  return g.add('Pad', [image], { pads: [0, top, left, 0, 0, bottom, right, 0], value: 0 });
}

/**
 * What one element of the kernel sees of a padded image [N, H, W, channels]: for every element of dy, the pixel it is
 * multiplied with.
 */
function seenImage(
  g: GraphBuilder,
  padded: Value,
  [row, column]: readonly [number, number],
  dy: Value,
  { strides }: Windows,
): Value {
  const [, , height, width] = extents(dy);
  const ends = [row + (height - 1) * strides[0] + 1, column + (width - 1) * strides[1] + 1] as const;
  const isWhole = height === padded.shape[1] && width === padded.shape[2];
  if (isWhole && strides[0] === 1 && strides[1] === 1) return padded;
  const steps = strides[0] === 1 && strides[1] === 1 ? {} : { steps: strides };
  return g.add('Slice', [padded], { axes: [1, 2], starts: [row, column], ends, ...steps });
}

/** Nearest-neighbour enlargement copies each pixel into a square: its gradient is the square's sum. */
export const resizeRule: GradientRule<'Resize'> = (call) => {
  const { g, node } = call;
  const { factor } = node.attributes;
  const square = [factor, factor] as const;
  const dy = outputGradient(call);
  return [
    () => {
      const mean = g.add('AveragePool', [dy], { kernel: square, strides: square, pads: [0, 0, 0, 0] });
      return op.mul(g, mean, factor * factor);
    },
  ];
};

/** Every pixel of a window gets an equal share. */
export const averagePoolRule: GradientRule<'AveragePool'> = (call) => {
  const { g, node } = call;
  const { kernel, strides, pads } = node.attributes;
  if (pads.some((pad) => pad !== 0)) throw new GraphError('no gradient of a padded AveragePool', node.name);
  const [dy, x] = [outputGradient(call), operandOf(call, 0)];
  return [
    () => {
      const [batch, channels, height, width] = extents(x);
      const [, , outHeight, outWidth] = extents(dy);
      const share = 1 / (kernel[0] * kernel[1]);
      const weight = g.constant([1, 1, ...kernel], new Float32Array(kernel[0] * kernel[1]).fill(share));
      const planes = op.reshape(g, dy, [batch * channels, 1, outHeight, outWidth]);
      const target = { ...x, shape: [batch * channels, 1, height, width] };
      return op.reshape(g, scatteredImageGradient(g, planes, target, weight, { strides, pads }), x.shape);
    },
  ];
};
