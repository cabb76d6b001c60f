import type { PlacedBlock } from '../architecture/architecture.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import { add, reshape } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import type { BlockRunner } from './block-runner.js';
import type { Parameters } from './parameters.js';
import { resnetResidual, resnetShortcut, type ResnetShape } from './resnet-block.js';
import { transformerLayer } from './transformer-block.js';
import type { UNetConfig } from './unet-config.js';
import type { AttentionSite, BlockSite, ResnetSite } from './unet-layout.js';

/** What every block of a UNet sees beside the image. */
export interface BlockConditions {
  /** The time embedding after its activation: [batch, timeEmbeddingChannels]. */
  readonly time: Value;
  /** Text embeddings as rows: [batch * tokens, contextChannels]. */
  readonly context: Value;
}

/** The UNet that a block is part of. */
export interface BlockSurroundings {
  readonly config: UNetConfig;
  /** Of the whole UNet; a block's own are read under its id. */
  readonly parameters: Parameters;
  readonly conditions: BlockConditions;
  readonly run: BlockRunner;
}

/**
 * Appends one block, or what is left of it where it is skipped, under nodes named after it.
 * @param x [batch, inChannels, height, width]
 * @returns [batch, outChannels, height, width]
 */
export function appendUNetBlock(
  g: GraphBuilder,
  surroundings: BlockSurroundings,
  site: BlockSite,
  block: PlacedBlock,
  x: Value,
): Value {
  return g.scope(block.id, () =>
    site.kind === 'resnet'
      ? appendResnet(g, surroundings, site, block, x)
      : appendAttention(g, surroundings, site, block, x),
  );
}

/** Rows of tokens [batch * tokens, channels] of text embeddings [batch, tokens, channels]. */
export function contextRows(g: GraphBuilder, encoderHiddenStates: Value): Value {
  const [batch = 0, tokens = 0, channels = 0] = encoderHiddenStates.shape;
  return reshape(g, encoderHiddenStates, [batch * tokens, channels]);
}

function appendResnet(
  g: GraphBuilder,
  { config, parameters, conditions, run }: BlockSurroundings,
  { inChannels, outChannels }: ResnetSite,
  block: PlacedBlock,
  x: Value,
): Value {
  const own = parameters.within(block.id);
  const shape: ResnetShape = {
    inChannels,
    outChannels,
    normGroups: config.normGroups,
    normEpsilon: config.normEpsilon,
    activation: config.activation,
    timeChannels: config.timeEmbeddingChannels,
  };
  const shortcut = resnetShortcut(g, own, shape)(g, x);
  if (!block.present) return shortcut;
  const residual = resnetResidual(g, own, shape);
  return run(g, block, {
    body: (at) => add(at, shortcut, residual(at, x, conditions.time)),
    skipped: () => shortcut,
  });
}

function appendAttention(
  g: GraphBuilder,
  { config, parameters, conditions, run }: BlockSurroundings,
  { channels, heads, transformerLayers, onlyCrossAttention }: AttentionSite,
  block: PlacedBlock,
  x: Value,
): Value {
  if (!block.present) return x;
  const layer = transformerLayer(g, parameters.within(block.id), {
    channels,
    heads,
    layers: transformerLayers,
    contextChannels: config.contextChannels,
    normGroups: config.normGroups,
    linearProjection: config.linearProjection,
    onlyCrossAttention,
  });
  return run(g, block, { body: (at) => layer(at, x, conditions.context), skipped: () => x });
}
