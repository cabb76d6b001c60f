import type { UNetConfig } from '../model/unet-config.js';
import { siteInChannels, type BlockConfiguration } from './block-graph.js';
import type { StepShape } from './measured-unet.js';

/** The subject of an empty run, which every run alone is told by how much too long it is. */
export const EMPTY_SUBJECT = 'empty run';

/** The subject of what runs in turn with blocks alone, to tell how the machine does meanwhile. */
export const REFERENCE_SUBJECT = 'reference convolution';

/**
 * The text that blocks alone share exactly when they compute the same on inputs of the same shape, whatever network they
 * are of: `resnet 64->128 16x16 norm 8 silu time 256`, `projection 64->128 16x16` for what is left of it; with ` int8` at the end on weights of that.
 */
export function aloneSubject(
  config: UNetConfig,
  { precision, ...configuration }: BlockConfiguration,
  shape: StepShape,
): string {
  const subject = subjectInFloat(config, configuration, shape);
  return precision === undefined ? subject : `${subject} ${precision}`;
}

/** The subject of a block in float32 that is measured in the same rounds as itself on weights of int8. */
export function besideInt8Subject(
  config: UNetConfig,
  { precision: _, ...inFloat }: BlockConfiguration,
  shape: StepShape,
): string {
  return `${aloneSubject(config, inFloat, shape)} beside int8`;
}

function subjectInFloat(
  config: UNetConfig,
  { site, present }: Omit<BlockConfiguration, 'precision'>,
  { latentHeight, latentWidth }: StepShape,
): string {
  const extent = `${latentHeight / site.reduction}x${latentWidth / site.reduction}`;
  const norm = `norm ${config.normGroups}`;
  if (site.kind === 'resnet') {
    const channels = `${siteInChannels(site)}->${site.outChannels} ${extent}`;
    if (!present) return `projection ${channels}`;
    return `resnet ${channels} ${norm} ${config.activation} time ${config.timeEmbeddingChannels}`;
  }
  const { channels, heads, transformerLayers: layers, onlyCrossAttention } = site;
  const first = onlyCrossAttention ? 'cross' : 'self';
  const size = `${channels} ${extent} heads ${heads} layers ${layers}`;
  return `cross-attention ${size} ${norm} context ${config.contextChannels} first ${first}`;
}

/** A block inside the network of that architecture. */
export function inNetworkSubject(block: string, architectureHash: string): string {
  return `${block} in ${architectureHash}`;
}

/** The sum of all kernels of the network of that architecture. */
export function wholeSubject(architectureHash: string): string {
  return `kernels of ${architectureHash}`;
}
