import type { Architecture, PlacedBlock } from '../architecture/architecture.js';
import { rootOf } from '../architecture/block.js';
import { SnapEvoError } from '../errors/snapevo-error.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import { concat, mul, sub } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { activations } from './activation.js';
import { runAlways, type BlockRunner } from './block-runner.js';
import { convLayer, groupNormLayer } from './layers.js';
import { recordParameters, type Parameters, type ParameterSpec } from './parameters.js';
import { downsampler, upsampler } from './resampling.js';
import { timestepEmbeddingLayer, timestepSinusoids } from './timestep-embedding.js';
import { appendUNetBlock, contextRows, type BlockSurroundings } from './unet-block.js';
import type { UNetConfig } from './unet-config.js';
import { layOutUNet, unetBlocks, type UNetLayer, type UNetStage } from './unet-layout.js';

/** What a UNet reads. */
export interface UNetInputs {
  /** float32 [batch, inChannels, height, width] */
  readonly sample: Value;
  /** float32 [batch] */
  readonly timestep: Value;
  /** float32 [batch, tokens, contextChannels] */
  readonly encoderHiddenStates: Value;
}

/** A UNet in the course of being built. */
interface Building extends BlockSurroundings {
  readonly g: GraphBuilder;
  /** Blocks by the block they descend from: the pretrained one, then its copies. */
  readonly placed: ReadonlyMap<string, readonly PlacedBlock[]>;
  /** Long skips that are still to be taken. */
  readonly skips: Value[];
}

/**
 * Appends diffusers' `UNet2DConditionModel` with the blocks that the architecture leaves it. A skipped block that
 * keeps its shape is the identity, one that changes its channels keeps its `conv_shortcut`; the long skips stay.
 * Height and width have to be multiples of 2 to the number of levels less one.
 * @returns the prediction, [batch, outChannels, height, width]
 * @throws SnapEvoError `UNET_SAMPLE_SIZE`, or `ARCHITECTURE_MISMATCH` when the architecture has other blocks
 */
export function buildUNet(
  g: GraphBuilder,
  config: UNetConfig,
  architecture: Architecture,
  parameters: Parameters,
  { sample, timestep, encoderHiddenStates }: UNetInputs,
  run: BlockRunner = runAlways,
): Value {
  checkSample(config, sample);
  const placed = placeBlocks(config, architecture);
  const conditions = {
    time: g.scope('time_embedding', () => embedTime(g, config, parameters, timestep)),
    context: g.scope('context', () => contextRows(g, encoderHiddenStates)),
  };
  const building: Building = { g, config, parameters, conditions, placed, run, skips: [] };
  const { down, mid, up } = layOutUNet(config);
  const entered = g.scope('conv_in', () => enter(g, config, parameters, sample));
  building.skips.push(entered);
  const lowered = down.reduce((x, stage) => appendDownStage(building, stage, x), entered);
  const middle = (mid?.layers ?? []).reduce((x, layer) => appendLayer(building, layer, x), lowered);
  const raised = up.reduce((x, stage) => appendUpStage(building, stage, x), middle);
  return g.scope('conv_out', () => leave(g, config, parameters, raised));
}

/** The parameters of a UNet of that architecture, by the names diffusers gives them; a copy's under its own id. */
export function unetParameters(config: UNetConfig, architecture: Architecture): ParameterSpec[] {
  const extent = 2 ** (config.levels.length - 1);
  return recordParameters((g, parameters) =>
    buildUNet(g, config, architecture, parameters, {
      sample: g.input('sample', { dtype: 'float32', shape: [1, config.inChannels, extent, extent] }),
      timestep: g.input('timestep', { dtype: 'float32', shape: [1] }),
      encoderHiddenStates: g.input('context', { dtype: 'float32', shape: [1, 1, config.contextChannels] }),
    }),
  );
}

function embedTime(g: GraphBuilder, config: UNetConfig, parameters: Parameters, timestep: Value): Value {
  const { flipSinToCos, freqShift, timeEmbeddingChannels, activation } = config;
  const channels = config.levels[0]?.channels ?? 0;
  const sinusoids = timestepSinusoids(g, timestep, { channels, flipSinToCos, freqShift });
  const own = parameters.within('time_embedding');
  const embed = timestepEmbeddingLayer(g, own, channels, timeEmbeddingChannels, activation);
  return activations[activation](g, embed(g, sinusoids));
}

function enter(g: GraphBuilder, config: UNetConfig, parameters: Parameters, sample: Value): Value {
  const { inChannels, levels, convInKernel, centerInputSample } = config;
  const own = parameters.within('conv_in');
  const convIn = convLayer(g, own, inChannels, levels[0]?.channels ?? 0, convInKernel);
  return convIn(g, centerInputSample ? sub(g, mul(g, sample, 2), 1) : sample);
}

function leave(g: GraphBuilder, config: UNetConfig, parameters: Parameters, x: Value): Value {
  const { outChannels, levels, convOutKernel, normGroups, normEpsilon, activation } = config;
  const channels = levels[0]?.channels ?? 0;
  const norm = groupNormLayer(g, parameters.within('conv_norm_out'), normGroups, channels, normEpsilon);
  const convOut = convLayer(g, parameters.within('conv_out'), channels, outChannels, convOutKernel);
  return convOut(g, activations[activation](g, norm(g, x)));
}

function appendDownStage(building: Building, stage: UNetStage, x: Value): Value {
  const { g, config, parameters, skips } = building;
  const through = stage.layers.reduce((each, layer) => {
    const after = appendLayer(building, layer, each);
    skips.push(after);
    return after;
  }, x);
  if (!stage.resampled) return through;
  const path = `${stage.path}.downsamplers.0`;
  const lowered = g.scope(path, () =>
    downsampler(g, parameters.within(path), stage.channels, config.downsamplePadding)(g, through),
  );
  skips.push(lowered);
  return lowered;
}

function appendUpStage(building: Building, stage: UNetStage, x: Value): Value {
  const { g, parameters, skips } = building;
  const through = stage.layers.reduce((each, layer) => {
    const skip = skips.pop();
    const joined = g.scope(stage.path, () => concat(g, skip === undefined ? [each] : [each, skip], 1));
    return appendLayer(building, layer, joined);
  }, x);
  if (!stage.resampled) return through;
  const path = `${stage.path}.upsamplers.0`;
  return g.scope(path, () => upsampler(g, parameters.within(path), stage.channels)(g, through));
}

function appendLayer(building: Building, layer: UNetLayer, x: Value): Value {
  const { g, placed } = building;
  return layer.reduce(
    (before, site) =>
      (placed.get(site.id) ?? []).reduce(
        (each, block) => appendUNetBlock(g, building, site, block, each),
        before,
      ),
    x,
  );
}

function placeBlocks(config: UNetConfig, architecture: Architecture): Map<string, PlacedBlock[]> {
  const placed = new Map<string, PlacedBlock[]>(unetBlocks(config).map(({ id }) => [id, []]));
  for (const block of architecture.blocks) placed.get(rootOf(block.id))?.push(block);
  const stray = architecture.blocks.find(({ id }) => !placed.has(rootOf(id)))?.id;
  const missing = [...placed].find(([id, blocks]) => blocks[0]?.id !== id)?.[0];
  if (stray === undefined && missing === undefined) return placed;
  throw new SnapEvoError({
    code: 'ARCHITECTURE_MISMATCH',
    message:
      stray === undefined ? 'the architecture lacks a block of the UNet' : 'the UNet has no such block',
    where: stray ?? missing ?? '',
    hint: 'an architecture belongs to the configuration it was made from',
  });
}

function checkSample(config: UNetConfig, { shape }: Value): void {
  const multiple = 2 ** (config.levels.length - 1);
  const [, channels, height = 0, width = 0] = shape;
  const fits = height > 0 && width > 0 && height % multiple === 0 && width % multiple === 0;
  if (channels === config.inChannels && fits) return;
  throw new SnapEvoError({
    code: 'UNET_SAMPLE_SIZE',
    message: `expected latents of ${config.inChannels} channels, height and width multiples of ${multiple}, found [${shape.join(', ')}]`,
    hint: `choose a resolution whose latents can be halved ${config.levels.length - 1} times`,
  });
}
