import { SnapEvoError } from '../errors/snapevo-error.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import { chunk, max, min } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { convLayer } from './layers.js';
import { recordParameters, type Parameters, type ParameterSpec } from './parameters.js';
import { downsampler, upsampler } from './resampling.js';
import { vaeReduction, type VaeConfig } from './vae-config.js';
import { appendVaeEnd, appendVaeMiddle, appendVaeResnets } from './vae-layers.js';

/** The distribution of latents that an encoder gives: [batch, latentChannels, height, width] each. */
export interface LatentDistribution {
  readonly mean: Value;
  /** Clamped to [-30, 20], as diffusers does. */
  readonly logVariance: Value;
}

/**
 * Appends the encoder of diffusers' `AutoencoderKL`.
 * @param image [batch, inChannels, height, width] in [-1, 1]; height and width multiples of {@link vaeReduction}
 * @returns the latents' distribution, not yet scaled by `scalingFactor`
 * @throws SnapEvoError `VAE_IMAGE_SIZE`
 */
export function buildVaeEncoder(
  g: GraphBuilder,
  config: VaeConfig,
  parameters: Parameters,
  image: Value,
): LatentDistribution {
  checkImage(config, image);
  const moments = g.scope('encoder', () => encode(g, config, parameters.within('encoder'), image));
  return g.scope('quant_conv', () => {
    const channels = 2 * config.latentChannels;
    const quantized = config.quantConv
      ? convLayer(g, parameters.within('quant_conv'), channels, channels, 1)(g, moments)
      : moments;
    const [mean, logVariance] = chunk(g, quantized, 2, 1) as [Value, Value];
    return { mean, logVariance: min(g, max(g, logVariance, -30), 20) };
  });
}

/**
 * Appends the decoder of diffusers' `AutoencoderKL`, or the one that `AsymmetricAutoencoderKL` is where no masked picture is given.
 * @param latents [batch, latentChannels, height, width], divided by `scalingFactor` already
 * @returns the image in about [-1, 1], [batch, outChannels, height * reduction, width * reduction]
 */
export function buildVaeDecoder(
  g: GraphBuilder,
  config: VaeConfig,
  parameters: Parameters,
  latents: Value,
): Value {
  const { latentChannels } = config;
  const own = parameters.within('post_quant_conv');
  const entered = config.postQuantConv
    ? g.scope('post_quant_conv', () => convLayer(g, own, latentChannels, latentChannels, 1)(g, latents))
    : latents;
  return g.scope('decoder', () => decode(g, config, parameters.within('decoder'), entered));
}

/** The parameters of a VAE, encoder first, by the names diffusers gives them. */
export function vaeParameters(config: VaeConfig): ParameterSpec[] {
  const { inChannels } = config;
  const extent = vaeReduction(config);
  const encoder = recordParameters((g, parameters) => {
    const image = g.input('image', { dtype: 'float32', shape: [1, inChannels, extent, extent] });
    buildVaeEncoder(g, config, parameters, image);
  });
  return [...encoder, ...vaeDecoderParameters(config)];
}

/** The parameters of a VAE's decoder alone. */
export function vaeDecoderParameters(config: VaeConfig): ParameterSpec[] {
  return recordParameters((g, parameters) => {
    const shape = [1, config.latentChannels, 1, 1];
    buildVaeDecoder(g, config, parameters, g.input('latents', { dtype: 'float32', shape }));
  });
}

function encode(g: GraphBuilder, config: VaeConfig, parameters: Parameters, image: Value): Value {
  const { blockOutChannels: widths, layersPerBlock: layers, latentChannels } = config;
  const [first, last] = [width(widths, 0), width(widths, widths.length - 1)];
  const entered = convLayer(g, parameters.within('conv_in'), config.inChannels, first, 3)(g, image);
  const lowered = widths.reduce((x, to, i) => {
    const stage = parameters.within(`down_blocks.${i}`);
    const from = width(widths, Math.max(0, i - 1));
    const through = appendVaeResnets(g, config, stage, { from, to, layers }, x);
    if (i === widths.length - 1) return through;
    return downsampler(g, stage.within('downsamplers.0'), to, 0)(g, through);
  }, entered);
  const middle = appendVaeMiddle(g, config, parameters.within('mid_block'), last, lowered);
  return appendVaeEnd(g, config, parameters, { from: last, to: 2 * latentChannels }, middle);
}

function decode(g: GraphBuilder, config: VaeConfig, parameters: Parameters, latents: Value): Value {
  const { blockOutChannels, layersPerBlock } = config.decoder ?? config;
  const widths = blockOutChannels.toReversed();
  const layers = layersPerBlock + 1;
  const [first, last] = [width(widths, 0), width(widths, widths.length - 1)];
  const entered = convLayer(g, parameters.within('conv_in'), config.latentChannels, first, 3)(g, latents);
  const middle = appendVaeMiddle(g, config, parameters.within('mid_block'), first, entered);
  const raised = widths.reduce((x, to, i) => {
    const stage = parameters.within(`up_blocks.${i}`);
    const from = width(widths, Math.max(0, i - 1));
    const through = appendVaeResnets(g, config, stage, { from, to, layers }, x);
    if (i === widths.length - 1) return through;
    return upsampler(g, stage.within('upsamplers.0'), to)(g, through);
  }, middle);
  return appendVaeEnd(g, config, parameters, { from: last, to: config.outChannels }, raised);
}

const width = (widths: readonly number[], level: number): number => widths[level] ?? 0;

function checkImage(config: VaeConfig, { shape }: Value): void {
  const multiple = vaeReduction(config);
  const [, channels, height = 0, width = 0] = shape;
  const fits = height > 0 && width > 0 && height % multiple === 0 && width % multiple === 0;
  if (channels === config.inChannels && fits) return;
  throw new SnapEvoError({
    code: 'VAE_IMAGE_SIZE',
    message: `expected an image of ${config.inChannels} channels, height and width multiples of ${multiple}, found [${shape.join(', ')}]`,
    hint: 'crop or scale the pictures first',
  });
}
