import type { GraphBuilder } from '../graph/graph-builder.js';
import { add, concat, matMul, mul, reshape, slice, softmax, transpose } from '../graph/ops.js';
import type { Value } from '../graph/value.js';

/** How projected tokens are to be read. */
export interface AttentionShape {
  readonly batch: number;
  readonly heads: number;
  /** Added to the scores before the softmax; broadcasts to [batch, heads, tokens, contextTokens]. */
  readonly mask?: Value;
}

/**
 * Most elements of scores at a time: 32 MB in float32. All scores of 4096 tokens in 8 heads would take sixteen times that, and as much again
 * after the softmax; parts that stay in the processor's cache are no slower.
 */
const maxScores = 2 ** 23;

/**
 * Scaled dot-product attention in several heads (section 3.2 of arXiv 1706.03762). Where there are too many scores to be held at once, the
 * queries go in parts, which changes no result: every row of scores has a softmax of its own.
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
  const keys = transpose(g, split(key), [0, 2, 3, 1]);
  const values = transpose(g, split(value), [0, 2, 1, 3]);
  const parts = queryParts(g, scaled, keys, mask).map((part) => {
    const scores = matMul(g, part.query, keys);
    return matMul(g, softmax(g, part.mask === undefined ? scores : add(g, scores, part.mask)), values);
  });
  return reshape(g, transpose(g, concat(g, parts, queryAxis), [0, 2, 1, 3]), [rows, channels]);
}

/** Of [batch, heads, tokens, headSize]. */
const queryAxis = 2;

interface QueryPart {
  readonly query: Value;
  readonly mask: Value | undefined;
}

/** As few parts of as equal a length as the scores' limit allows. */
function queryParts(g: GraphBuilder, query: Value, keys: Value, mask: Value | undefined): QueryPart[] {
  const [batch = 0, heads = 0, tokens = 0] = query.shape;
  const scores = batch * heads * tokens * (keys.shape.at(-1) ?? 0);
  const count = Math.min(tokens, Math.ceil(scores / maxScores));
  if (count <= 1) return [{ query, mask }];
  const length = Math.ceil(tokens / count);
  return Array.from({ length: Math.ceil(tokens / length) }, (_, part) => {
    const [start, end] = [part * length, Math.min(tokens, (part + 1) * length)];
    return { query: slice(g, query, queryAxis, start, end), mask: sliceMask(g, mask, start, end) };
  });
}

/** A mask that is the same for all queries has no axis of theirs, or one of size 1. */
function sliceMask(g: GraphBuilder, mask: Value | undefined, start: number, end: number): Value | undefined {
  const axis = (mask?.shape.length ?? 0) - 2;
  if (mask === undefined || (mask.shape[axis] ?? 1) === 1) return mask;
  return slice(g, mask, axis, start, end);
}
