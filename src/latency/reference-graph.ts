import { gaussianNoise } from '../diffusion/gaussian.js';
import { conv2d } from '../graph/ops.js';
import { elementCount } from '../graph/value.js';
import { measuredGraph, type MeasuredGraph } from './measured-graph.js';

const [channels, side, kernel] = [64, 16, 3];

/** A convolution of 14 MFLOP, the same for every UNet: run in turn with what is measured, it tells how the machine does meanwhile. */
export function referenceGraph(): MeasuredGraph {
  const shape = [channels, channels, kernel, kernel];
  return measuredGraph('reference', { x: [1, channels, side, side] }, (g, { x }) => {
    const weights = g.constant(shape, gaussianNoise({ seed: 1, index: 0 }, elementCount(shape)));
    return conv2d(g, x, weights);
  });
}
