import type { GraphBuilder } from '../graph/graph-builder.js';
import { upsampleNearest } from '../graph/ops.js';
import { convLayer, type Layer } from './layers.js';
import type { Parameters } from './parameters.js';

/** `Downsample2D`: a strided convolution that halves height and width; a padding of 0 means one row and column after the end. */
export function downsampler(
  g: GraphBuilder,
  parameters: Parameters,
  channels: number,
  padding: number,
): Layer {
  const pads = padding === 0 ? ([0, 0, 1, 1] as const) : padding;
  return convLayer(g, parameters.within('conv'), channels, channels, 3, { stride: 2, padding: pads });
}

/** `Upsample2D`: every pixel twice each way, then a convolution. */
export function upsampler(g: GraphBuilder, parameters: Parameters, channels: number): Layer {
  const conv = convLayer(g, parameters.within('conv'), channels, channels, 3);
  return (at, x) => conv(at, upsampleNearest(at, x, 2));
}
