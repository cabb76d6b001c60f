import { SnapEvoError } from '../errors/snapevo-error.js';
import { elementCount, type Shape } from '../graph/value.js';
import type { LoadedModel } from '../model/model-folder.js';
import type { Weights } from '../model/parameters.js';
import { asymmetricVaeClass, type VaeConfig, type VaeStages } from '../model/vae-config.js';
import { vaeDecoderParameters } from '../model/vae.js';
import type { ChannelStudy } from './channel-set.js';
import { decoderChannelSets } from './decoder-channels.js';
import { keptChannels, narrowedWidth } from './kept-channels.js';

/** What a VAE is made of. */
export type VaeModel = Pick<LoadedModel<VaeConfig>, 'config' | 'weights'>;

/** Channels of a group may be missed by so much: ratios such as 0.33 stand for a third. */
const roundingOfRatio = 0.05;

/**
 * The configuration of a VAE whose decoder has a share of its channels less, everywhere as many, and whose encoder is what it was.
 * @param ratio share of the channels that goes
 * @throws SnapEvoError `DECODER_PRUNE_RATIO` where that is no whole number of every normalisation group's channels, `DECODER_NOT_EXPRESSIBLE`
 */
export function prunedConfig(config: VaeConfig, ratio: number): VaeConfig {
  const { blockOutChannels, layersPerBlock } = config.decoder ?? config;
  checkRatio(blockOutChannels, config.normGroups, ratio);
  checkExpressible(config);
  const { normGroups } = config;
  const narrowed = blockOutChannels.map((channels) => narrowedWidth(channels, normGroups, ratio));
  const decoder: VaeStages = { blockOutChannels: narrowed, layersPerBlock };
  return { ...config, decoder };
}

/**
 * The weights of a VAE's decoder without its least important channels, with `post_quant_conv`. Every normalisation group keeps as many of its channels,
 * and every channel stays in its group. What went is taken to have been its mean, which the biases of the layers that read it now hold. Queries are scaled, so
 * that their products with keys are what fewer channels leave of them.
 *
 * Of the emoji model's decoder at a half, before any training, pictures are 11.1 dB from the original's, without the means 9.4.
 * @throws as {@link prunedConfig}
 */
export function pruneDecoder(
  { config, weights }: VaeModel,
  ratio: number,
  { importance, means }: ChannelStudy,
): { readonly config: VaeConfig; readonly weights: Map<string, Float32Array> } {
  const small = prunedConfig(config, ratio);
  const kept = new Map<string, (readonly number[] | undefined)[]>();
  const folded = new Map<string, Float32Array>();
  for (const set of decoderChannelSets(config)) {
    const count = narrowedWidth(set.channels, config.normGroups, ratio);
    const channels = keptChannels(set, importance(set), count);
    for (const { parameter, axis } of set.axes) {
      const axes = kept.get(parameter) ?? [];
      axes[axis] = channels;
      kept.set(parameter, axes);
      if (axis === 1) folded.set(biasOf(parameter), withMeans(weights, parameter, channels, means));
    }
  }
  const pruned = vaeDecoderParameters(config).map(({ name, shape }) => {
    const whole = folded.get(name) ?? weights.get(name) ?? new Float32Array();
    const data = gatherAxes(whole, shape, kept.get(name) ?? []);
    return [name, isQuery(name) ? data.map((value) => value * queryScale(config, small)) : data] as const;
  });
  return { config: small, weights: new Map(pruned) };
}

const biasOf = (weight: string): string => weight.replace(/weight$/, 'bias');

/** A layer's bias and what it gets from the means of the channels that it reads no more; borders, where a convolution reads zeros, are not told apart. */
function withMeans(
  weights: Weights,
  parameter: string,
  kept: readonly number[],
  means: ChannelStudy['means'],
): Float32Array {
  const bias = weights.get(biasOf(parameter)) ?? new Float32Array();
  const weight = weights.get(parameter) ?? new Float32Array();
  const lost = Float64Array.from(means.get(parameter) ?? []);
  for (const channel of kept) lost[channel] = 0;
  const row = weight.length / bias.length;
  const area = row / lost.length;
  return bias.map((value, output) => {
    let sum = value;
    for (let i = 0; i < row; i++) sum += (weight[output * row + i] ?? 0) * (lost[Math.floor(i / area)] ?? 0);
    return sum;
  });
}

const isQuery = (name: string): boolean => /\.to_q\.(weight|bias)$/.test(name);

/** Scores are divided by the root of the number of channels, which is less now. */
function queryScale(config: VaeConfig, small: VaeConfig): number {
  const width = ({ decoder, blockOutChannels }: VaeConfig): number =>
    (decoder?.blockOutChannels ?? blockOutChannels).at(-1) ?? 0;
  return Math.sqrt(width(small) / width(config));
}

/** The elements of some indices along each of the first axes; all along an axis of which nothing is said. */
function gatherAxes(
  data: Float32Array,
  shape: Shape,
  kept: readonly (readonly number[] | undefined)[],
): Float32Array {
  return kept.reduce<{ data: Float32Array; shape: Shape }>(
    (each, indices, axis) => (indices === undefined ? each : gatherAxis(each, axis, indices)),
    { data, shape },
  ).data;
}

function gatherAxis(
  { data, shape }: { readonly data: Float32Array; readonly shape: Shape },
  axis: number,
  indices: readonly number[],
): { data: Float32Array; shape: Shape } {
  const extent = shape[axis] ?? 1;
  const inner = elementCount(shape.slice(axis + 1));
  const outer = elementCount(shape.slice(0, axis));
  const gathered = new Float32Array(outer * indices.length * inner);
  for (let row = 0; row < outer; row++) {
    indices.forEach((index, i) => {
      const start = (row * extent + index) * inner;
      gathered.set(data.subarray(start, start + inner), (row * indices.length + i) * inner);
    });
  }
  return { data: gathered, shape: shape.with(axis, indices.length) };
}

function checkRatio(widths: readonly number[], groups: number, ratio: number): void {
  const perGroup = widths.map((channels) => channels / groups);
  const fits = perGroup.every((channels) => {
    const left = channels * (1 - ratio);
    return Math.round(left) >= 1 && Math.abs(left - Math.round(left)) <= roundingOfRatio;
  });
  if (fits && ratio >= 0) return;
  const unit = perGroup.reduce(greatestCommonDivisor);
  const ratios = Array.from({ length: unit - 1 }, (_, i) => Number(((i + 1) / unit).toFixed(3)));
  throw new SnapEvoError({
    code: 'DECODER_PRUNE_RATIO',
    message: `expected a ratio that leaves whole channels in each of the ${groups} normalisation groups of widths ${widths.join(', ')}, found ${ratio}`,
    where: 'decoder.ratio',
    hint:
      ratios.length > 0
        ? `choose ${ratios.join(', ')}`
        : 'the groups of this decoder have too few channels in common to lose any: it can not be pruned',
  });
}

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b);

/** diffusers' class for a decoder of other widths than the encoder's has all of these. */
function checkExpressible({ quantConv, postQuantConv, midBlockAttention }: VaeConfig): void {
  if (quantConv && postQuantConv && midBlockAttention) return;
  throw new SnapEvoError({
    code: 'DECODER_NOT_EXPRESSIBLE',
    message: `expected a VAE with quant_conv, post_quant_conv and attention in the middle, as ${asymmetricVaeClass} has them, found one without`,
    where: 'vae/config.json',
    hint: 'choose a pipeline of the Stable Diffusion 1.x or 2.x family: their VAEs have all three',
  });
}
