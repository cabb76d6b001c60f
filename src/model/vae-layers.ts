import type { GraphBuilder } from '../graph/graph-builder.js';
import { add, silu } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { multiHeadAttention } from './attention.js';
import { convLayer, groupNormLayer, linearLayer, type Layer } from './layers.js';
import type { Parameters } from './parameters.js';
import { resnetLayer } from './resnet-block.js';
import { imageToTokens, tokensToImage } from './tokens.js';
import type { VaeConfig } from './vae-config.js';

/** Epsilon of every group normalisation of a VAE. */
const normEpsilon = 1e-6;

/** Appends `resnets.0`, `resnets.1`, ... of a stage. */
export function appendVaeResnets(
  g: GraphBuilder,
  config: VaeConfig,
  parameters: Parameters,
  channels: { readonly from: number; readonly to: number; readonly layers: number },
  x: Value,
): Value {
  return Array.from({ length: channels.layers }).reduce<Value>((each, _, i) => {
    const inChannels = i === 0 ? channels.from : channels.to;
    return vaeResnet(g, config, parameters.within(`resnets.${i}`), inChannels, channels.to)(g, each);
  }, x);
}

/** Appends `UNetMidBlock2D`: a ResNet block, self-attention over all pixels, another ResNet block. */
export function appendVaeMiddle(
  g: GraphBuilder,
  config: VaeConfig,
  parameters: Parameters,
  channels: number,
  x: Value,
): Value {
  const entered = vaeResnet(g, config, parameters.within('resnets.0'), channels, channels)(g, x);
  const attended = config.midBlockAttention
    ? attentionLayer(g, config, parameters.within('attentions.0'), channels)(g, entered)
    : entered;
  return vaeResnet(g, config, parameters.within('resnets.1'), channels, channels)(g, attended);
}

/** Appends the normalisation, SiLU (whatever the blocks' activation is) and convolution that end both halves. */
export function appendVaeEnd(
  g: GraphBuilder,
  config: VaeConfig,
  parameters: Parameters,
  channels: { readonly from: number; readonly to: number },
  x: Value,
): Value {
  const own = parameters.within('conv_norm_out');
  const norm = groupNormLayer(g, own, config.normGroups, channels.from, normEpsilon);
  const conv = convLayer(g, parameters.within('conv_out'), channels.from, channels.to, 3);
  return conv(g, silu(g, norm(g, x)));
}

function vaeResnet(
  g: GraphBuilder,
  { normGroups, activation }: VaeConfig,
  parameters: Parameters,
  inChannels: number,
  outChannels: number,
): Layer {
  return resnetLayer(g, parameters, { inChannels, outChannels, normGroups, normEpsilon, activation });
}

/** diffusers' `Attention` in its VAE form: one head, biased projections, added to its input. */
function attentionLayer(
  g: GraphBuilder,
  { normGroups }: VaeConfig,
  parameters: Parameters,
  channels: number,
): Layer {
  const norm = groupNormLayer(g, parameters.within('group_norm'), normGroups, channels, normEpsilon);
  const projection = (name: string): Layer => linearLayer(g, parameters.within(name), channels, channels);
  const [toQuery, toKey, toValue] = [projection('to_q'), projection('to_k'), projection('to_v')];
  const toOut = projection('to_out.0');
  return (at, x) => {
    const tokens = imageToTokens(at, norm(at, x));
    const mixed = multiHeadAttention(at, toQuery(at, tokens), toKey(at, tokens), toValue(at, tokens), {
      batch: x.shape[0] ?? 0,
      heads: 1,
    });
    return add(at, tokensToImage(at, toOut(at, mixed), x.shape), x);
  };
}
