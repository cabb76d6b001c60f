import type { GraphBuilder } from '../graph/graph-builder.js';
import { add, chunk, gelu, mul, reshape } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { multiHeadAttention } from './attention.js';
import { startUniform } from './initialization.js';
import { groupNormLayer, layerNormLayer, linearLayer, type Layer } from './layers.js';
import type { Parameters } from './parameters.js';
import { imageToTokens, tokensToImage } from './tokens.js';

/** A `Transformer2DModel` of diffusers: what a UNet calls an attention. */
export interface TransformerShape {
  readonly channels: number;
  readonly heads: number;
  readonly layers: number;
  readonly contextChannels: number;
  readonly normGroups: number;
  /** The projections in and out are stored as matrices, else as 1x1 convolutions. */
  readonly linearProjection: boolean;
  /** The first attention of a layer looks at the context too. */
  readonly onlyCrossAttention: boolean;
}

/** x [batch, channels, h, w] and context tokens [batch * contextTokens, contextChannels] to [batch, channels, h, w]. */
export type ContextLayer = (g: GraphBuilder, x: Value, context: Value) => Value;

/** Rows of all pixels [batch * tokens, channels], attending within each image of the batch. */
type TokenLayer = (g: GraphBuilder, tokens: Value, context: Value, batch: number) => Value;

const groupNormEpsilon = 1e-6;
const layerNormEpsilon = 1e-5;
const feedForwardFactor = 4;

/** Fetches a block's parameters; what it gives adds the block's output to its input. */
export function transformerLayer(
  g: GraphBuilder,
  parameters: Parameters,
  shape: TransformerShape,
): ContextLayer {
  const { channels, normGroups } = shape;
  const norm = groupNormLayer(g, parameters.within('norm'), normGroups, channels, groupNormEpsilon);
  const projectIn = projectionLayer(g, parameters.within('proj_in'), shape);
  const layers = Array.from({ length: shape.layers }, (_, i) =>
    basicLayer(g, parameters.within(`transformer_blocks.${i}`), shape),
  );
  const projectOut = projectionLayer(g, parameters.within('proj_out'), shape);
  return (at, x, context) => {
    const entered = projectIn(at, imageToTokens(at, norm(at, x)));
    const attended = layers.reduce((tokens, layer) => layer(at, tokens, context, x.shape[0] ?? 0), entered);
    return add(at, tokensToImage(at, projectOut(at, attended), x.shape), x);
  };
}

/** A 1x1 convolution on an image is a linear layer on its pixels, so both forms run as one. */
function projectionLayer(
  g: GraphBuilder,
  parameters: Parameters,
  { channels, linearProjection }: TransformerShape,
): Layer {
  if (linearProjection) return linearLayer(g, parameters, channels, channels);
  const start = startUniform(channels);
  const kernel = parameters.get(g, 'weight', [channels, channels, 1, 1], start);
  const bias = parameters.get(g, 'bias', [channels], start);
  return (at, x) => {
    const weight = reshape(at, kernel, [channels, channels]);
    return at.add('Gemm', [x, weight, bias], { transA: false, transB: true, alpha: 1 });
  };
}

/** `BasicTransformerBlock`: self-attention, cross-attention and feed-forward, each normalised first and added. */
function basicLayer(g: GraphBuilder, parameters: Parameters, shape: TransformerShape): TokenLayer {
  const { channels, contextChannels, onlyCrossAttention } = shape;
  const norm = (name: string): Layer =>
    layerNormLayer(g, parameters.within(name), channels, layerNormEpsilon);
  const norm1 = norm('norm1');
  const first = attentionLayer(
    g,
    parameters.within('attn1'),
    shape,
    onlyCrossAttention ? contextChannels : channels,
  );
  const norm2 = norm('norm2');
  const second = attentionLayer(g, parameters.within('attn2'), shape, contextChannels);
  const norm3 = norm('norm3');
  const feedForward = feedForwardLayer(g, parameters.within('ff.net'), channels);
  return (at, tokens, context, batch) => {
    const own = norm1(at, tokens);
    const once = add(at, first(at, own, onlyCrossAttention ? context : own, batch), tokens);
    const twice = add(at, second(at, norm2(at, once), context, batch), once);
    return add(at, feedForward(at, norm3(at, twice)), twice);
  };
}

function attentionLayer(
  g: GraphBuilder,
  parameters: Parameters,
  { channels, heads }: TransformerShape,
  contextChannels: number,
): TokenLayer {
  const projection = (name: string, inSize: number, bias = false): Layer =>
    linearLayer(g, parameters.within(name), inSize, channels, { bias });
  const toQuery = projection('to_q', channels);
  const toKey = projection('to_k', contextChannels);
  const toValue = projection('to_v', contextChannels);
  const toOut = projection('to_out.0', channels, true);
  return (at, tokens, context, batch) => {
    const query = toQuery(at, tokens);
    const mixed = multiHeadAttention(at, query, toKey(at, context), toValue(at, context), { batch, heads });
    return toOut(at, mixed);
  };
}

/** GEGLU (arXiv 2002.05202), then a linear layer back. */
function feedForwardLayer(g: GraphBuilder, parameters: Parameters, channels: number): Layer {
  const inner = feedForwardFactor * channels;
  const widen = linearLayer(g, parameters.within('0.proj'), channels, 2 * inner);
  const narrow = linearLayer(g, parameters.within('2'), inner, channels);
  return (at, x) => {
    const [hidden, gate] = chunk(at, widen(at, x), 2, -1) as [Value, Value];
    return narrow(at, mul(at, hidden, gelu(at, gate)));
  };
}
