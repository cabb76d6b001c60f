import type { Block } from '../architecture/block.js';
import { appendUNetBlock, contextRows } from '../model/unet-block.js';
import { runAlways } from '../model/block-runner.js';
import type { BlockSite } from '../model/unet-layout.js';
import { withInt8Blocks } from './int8-blocks.js';
import { measuredGraph, type MeasuredGraph } from './measured-graph.js';
import { measuredParameters, type MeasuredUNet, type StepShape } from './measured-unet.js';

/** A block of a UNet, running or skipped. */
export interface BlockConfiguration {
  readonly site: BlockSite;
  readonly present: boolean;
  /** Of its weights; float32 where absent. */
  readonly precision?: 'int8';
}

/**
 * A graph of one block alone, on inputs of the shapes it has inside the network.
 * @throws SnapEvoError `WEIGHTS_MISMATCH`
 */
export function blockGraph(
  unet: MeasuredUNet,
  { site, present, precision }: BlockConfiguration,
  { batchSize, latentHeight, latentWidth, contextLength }: StepShape,
): MeasuredGraph {
  const { config } = unet;
  const extent = [latentHeight / site.reduction, latentWidth / site.reduction];
  const inputs = {
    hidden: [batchSize, siteInChannels(site), ...extent],
    time: [batchSize, config.timeEmbeddingChannels],
    context: [batchSize, contextLength, config.contextChannels],
  };
  const block = { ...siteBlock(site), present };
  const parameters = measuredParameters(unet);
  const measured = measuredGraph(site.id, inputs, (g, { hidden, time, context }) => {
    const rows = site.kind === 'resnet' ? context : g.scope('context', () => contextRows(g, context));
    const conditions = { time, context: rows };
    return appendUNetBlock(g, { config, parameters, conditions, run: runAlways }, site, block, hidden);
  });
  return precision === 'int8' ? withInt8Blocks(unet, measured, (scope) => scope === site.id) : measured;
}

/** Channels of the image that enters a block. */
export function siteInChannels(site: BlockSite): number {
  return site.kind === 'resnet' ? site.inChannels : site.channels;
}

/** Whether skipping a block leaves something that costs: the projection of its channels. */
export function leavesProjection(site: BlockSite): boolean {
  return siteBlock(site).changesChannels;
}

function siteBlock(site: BlockSite): Block {
  const { id, kind, stage } = site;
  const changesChannels = site.kind === 'resnet' && site.inChannels !== site.outChannels;
  return { id, kind, stage, changesChannels };
}
