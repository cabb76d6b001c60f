import type { GraphBuilder } from '../graph/graph-builder.js';
import { add, matMul, mul, reshape, softmax, transpose } from '../graph/ops.js';
import type { Value } from '../graph/value.js';

/** How projected tokens are to be read. */
export interface AttentionShape {
  readonly batch: number;
  readonly heads: number;
  /** Added to the scores before the softmax; broadcasts to [batch, heads, tokens, contextTokens]. */
  readonly mask?: Value;
}

/**
 * Scaled dot-product attention in several heads (section 3.2 of arXiv 1706.03762).
 * @param query [batch * tokens, channels]
 * @param key [batch * contextTokens, channels]
 * @param value [batch * contextTokens, channels]
 * @returns [batch * tokens, channels]
 */
export function multiHeadAttention(
  g: GraphBuilder,
  query: Value,
  key: Value,
  value: Value,
  { batch, heads, mask }: AttentionShape,
): Value {
  const [rows = 0, channels = 0] = query.shape;
  const headSize = channels / heads;
  const split = (x: Value): Value => reshape(g, x, [batch, (x.shape[0] ?? 0) / batch, heads, headSize]);
  const scaled = transpose(g, split(mul(g, query, 1 / Math.sqrt(headSize))), [0, 2, 1, 3]);
  const scores = matMul(g, scaled, transpose(g, split(key), [0, 2, 3, 1]));
  const shares = softmax(g, mask === undefined ? scores : add(g, scores, mask));
  const mixed = matMul(g, shares, transpose(g, split(value), [0, 2, 1, 3]));
  return reshape(g, transpose(g, mixed, [0, 2, 1, 3]), [rows, channels]);
}
