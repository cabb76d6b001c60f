import type { GraphBuilder } from '../graph/graph-builder.js';
import { reshape, transpose } from '../graph/ops.js';
import type { Shape, Value } from '../graph/value.js';

/** Pixels as rows: [batch, channels, height, width] to [batch * height * width, channels]. */
export function imageToTokens(g: GraphBuilder, image: Value): Value {
  const [batch = 0, channels = 0, height = 0, width = 0] = image.shape;
  const flat = reshape(g, image, [batch, channels, height * width]);
  return reshape(g, transpose(g, flat, [0, 2, 1]), [batch * height * width, channels]);
}

/** The way back from {@link imageToTokens}, to an image of the given shape. */
export function tokensToImage(g: GraphBuilder, tokens: Value, shape: Shape): Value {
  const [batch = 0, channels = 0, height = 0, width = 0] = shape;
  const rows = reshape(g, tokens, [batch, height * width, channels]);
  return reshape(g, transpose(g, rows, [0, 2, 1]), shape);
}
