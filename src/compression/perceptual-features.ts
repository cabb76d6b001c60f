import { bicubicMatrix } from '../evaluation/resize-bicubic.js';
import type { ClipPreprocessing } from '../evaluation/clip-preprocessing.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import * as op from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import type { ClipConfig } from '../model/clip-config.js';
import { buildClipVision } from '../model/clip-vision.js';
import { weightParameters, type Weights } from '../model/parameters.js';

/** A CLIP model whose vision tower pictures are compared by. */
export interface PerceptualModel {
  readonly config: ClipConfig;
  readonly weights: Weights;
  readonly preprocessing: Pick<ClipPreprocessing, 'mean' | 'deviation'>;
}

/**
 * Gives a function that appends the vision tower's pooled output, [batch, hiddenSize], of pictures [batch, 3, height, width] with values from -1 to 1. The
 * whole picture is resized to what the tower reads, without the crop and the rounding to bytes that scoring has: neither leaves a gradient.
 */
export function perceptualFeatures(
  g: GraphBuilder,
  { config, weights, preprocessing }: PerceptualModel,
): (pictures: Value) => Value {
  const parameters = weightParameters(weights);
  const [mean, deviation] = [preprocessing.mean, preprocessing.deviation].map((values) =>
    g.constant([1, values.length, 1, 1], Float32Array.from(values)),
  ) as [Value, Value];
  return (pictures) => {
    const shown = op.min(g, op.max(g, pictures, -1), 1);
    const unit = op.mul(g, op.add(g, resize(g, shown, config.vision.imageSize), 1), 0.5);
    return buildClipVision(g, config.vision, parameters, op.div(g, op.sub(g, unit, mean), deviation));
  };
}

function resize(g: GraphBuilder, pictures: Value, side: number): Value {
  const turn = (x: Value): Value => op.transpose(g, x, [0, 1, 3, 2]);
  const narrowed = resizeWidth(g, pictures, side);
  return turn(resizeWidth(g, turn(narrowed), side));
}

function resizeWidth(g: GraphBuilder, x: Value, side: number): Value {
  const [batch = 0, channels = 0, height = 0, width = 0] = x.shape;
  if (width === side) return x;
  const rows = op.reshape(g, x, [batch * channels * height, width]);
  const resized = op.matMul(g, rows, g.constant([width, side], bicubicMatrix(width, side)));
  return op.reshape(g, resized, [batch, channels, height, side]);
}
