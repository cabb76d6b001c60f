import type { Block } from '../architecture/block.js';
import type { UNetConfig, UNetLevel } from './unet-config.js';

/** Where a block stands and how wide it is. */
export type BlockSite = ResnetSite | AttentionSite;

interface Site {
  /** The module path diffusers gives it. */
  readonly id: string;
  /** Module path of its stage. */
  readonly stage: string;
  /** How many times smaller than the latents its image is, each way. */
  readonly reduction: number;
}

export interface ResnetSite extends Site {
  readonly kind: 'resnet';
  readonly inChannels: number;
  readonly outChannels: number;
}

export interface AttentionSite extends Site {
  readonly kind: 'cross-attention';
  readonly channels: number;
  readonly heads: number;
  readonly transformerLayers: number;
  readonly onlyCrossAttention: boolean;
}

/** What runs between two long skips. */
export type UNetLayer = readonly BlockSite[];

/** Layers at one resolution, and the convolution that leads to the next, where there is one. */
export interface UNetStage {
  readonly path: string;
  readonly layers: readonly UNetLayer[];
  readonly channels: number;
  readonly resampled: boolean;
}

/** The stages of a UNet in the order they run. */
export interface UNetLayout {
  readonly down: readonly UNetStage[];
  readonly mid: UNetStage | undefined;
  readonly up: readonly UNetStage[];
}

/** Lays out the stages as diffusers' `UNet2DConditionModel` does. */
export function layOutUNet(config: UNetConfig): UNetLayout {
  return { down: downStages(config), mid: midStage(config), up: upStages(config) };
}

/** The skippable blocks of a UNet in the order they run. */
export function unetBlocks(config: UNetConfig): Block[] {
  return blockSites(config).map((site) => ({
    id: site.id,
    kind: site.kind,
    stage: site.stage,
    changesChannels: site.kind === 'resnet' && site.inChannels !== site.outChannels,
  }));
}

/** Where the blocks of a UNet stand, in the order they run. */
export function blockSites(config: UNetConfig): BlockSite[] {
  const { down, mid, up } = layOutUNet(config);
  return [...down, ...(mid === undefined ? [] : [mid]), ...up].flatMap(({ layers }) => layers.flat());
}

function downStages({ levels }: UNetConfig): UNetStage[] {
  return levels.map((level, i) => {
    const stage = { stage: `down_blocks.${i}`, reduction: 2 ** i };
    const enter = (levels[i - 1] ?? level).channels;
    const layers = range(level.resnets).map((j) => [
      resnet(stage, j, j === 0 ? enter : level.channels, level.channels),
      ...(level.downAttention ? [attention(stage, j, level)] : []),
    ]);
    return { path: stage.stage, layers, channels: level.channels, resampled: i < levels.length - 1 };
  });
}

function midStage({ levels, midBlock }: UNetConfig): UNetStage | undefined {
  const level = levels.at(-1);
  if (level === undefined || midBlock === 'none') return undefined;
  const stage = { stage: 'mid_block', reduction: 2 ** (levels.length - 1) };
  const { channels } = level;
  const first = resnet(stage, 0, channels, channels);
  const withAttention = [
    first,
    attention(stage, 0, { ...level, onlyCrossAttention: false }),
    resnet(stage, 1, channels, channels),
  ];
  const layers = [midBlock === 'resnet' ? [first] : withAttention];
  return { path: stage.stage, layers, channels, resampled: false };
}

/** Each layer takes one long skip, the last one of a stage that of the next finer level's width. */
function upStages({ levels }: UNetConfig): UNetStage[] {
  const coarseFirst = levels.toReversed();
  return coarseFirst.map((level, i) => {
    const stage = { stage: `up_blocks.${i}`, reduction: 2 ** (levels.length - 1 - i) };
    const enter = (coarseFirst[i - 1] ?? level).channels;
    const finer = (coarseFirst[i + 1] ?? level).channels;
    const layers = range(level.resnets + 1).map((j) => {
      const skip = j === level.resnets ? finer : level.channels;
      const inChannels = (j === 0 ? enter : level.channels) + skip;
      const first = resnet(stage, j, inChannels, level.channels);
      return level.upAttention ? [first, attention(stage, j, level)] : [first];
    });
    return { path: stage.stage, layers, channels: level.channels, resampled: i < levels.length - 1 };
  });
}

type Place = Pick<Site, 'stage' | 'reduction'>;

function resnet(place: Place, index: number, inChannels: number, outChannels: number): ResnetSite {
  return { ...place, id: `${place.stage}.resnets.${index}`, kind: 'resnet', inChannels, outChannels };
}

function attention(place: Place, index: number, level: UNetLevel): AttentionSite {
  const { channels, heads, transformerLayers, onlyCrossAttention } = level;
  return {
    ...place,
    id: `${place.stage}.attentions.${index}`,
    kind: 'cross-attention',
    channels,
    heads,
    transformerLayers,
    onlyCrossAttention,
  };
}

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
