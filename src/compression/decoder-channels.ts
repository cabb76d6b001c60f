import type { VaeConfig } from '../model/vae-config.js';
import { ChannelSets, type ChannelSet, type OpenSet } from './channel-set.js';

/**
 * The sets of channels of a VAE's decoder, in the order they are computed: the residual stream of each stage, what is inside of each ResNet block, and of
 * the attention queries with keys, and values. Latents' and pictures' channels are in none.
 */
export function decoderChannelSets(config: VaeConfig): readonly ChannelSet[] {
  const sets = new ChannelSets();
  const { blockOutChannels, layersPerBlock } = config.decoder ?? config;
  const widths = blockOutChannels.toReversed();
  const last = widths.length - 1;
  const middle = sets.open('decoder.mid_block', widths[0] ?? 0, config.normGroups);
  sets.layer('decoder.conv_in', undefined, middle);
  addMiddle(sets, config, middle);
  const end = widths.reduce((stream, width, i) => {
    const through = addStage(sets, config, i, stream, { width, resnets: layersPerBlock + 1 });
    if (i === last) return through;
    const name = `decoder.up_blocks.${i}.upsamplers.0`;
    const raised = sets.open(name, width, config.normGroups);
    sets.layer(`${name}.conv`, through, raised);
    return raised;
  }, middle);
  sets.norm('decoder.conv_norm_out', end);
  sets.layer('decoder.conv_out', end, undefined);
  return sets.all;
}

function addMiddle(sets: ChannelSets, config: VaeConfig, stream: OpenSet): void {
  addResnet(sets, config, 'decoder.mid_block.resnets.0', stream, stream);
  if (config.midBlockAttention) addAttention(sets, 'decoder.mid_block.attentions.0', stream);
  addResnet(sets, config, 'decoder.mid_block.resnets.1', stream, stream);
}

/** Gives the stream that the stage ends with: where the first ResNet block changes the width, it is another than the one it began with. */
function addStage(
  sets: ChannelSets,
  config: VaeConfig,
  stage: number,
  entering: OpenSet,
  { width, resnets }: { readonly width: number; readonly resnets: number },
): OpenSet {
  const name = `decoder.up_blocks.${stage}`;
  const stream = entering.channels === width ? entering : sets.open(name, width, config.normGroups);
  for (let i = 0; i < resnets; i++) {
    addResnet(sets, config, `${name}.resnets.${i}`, i === 0 ? entering : stream, stream);
  }
  return stream;
}

function addResnet(sets: ChannelSets, config: VaeConfig, name: string, from: OpenSet, to: OpenSet): void {
  const inner = sets.open(name, to.channels, config.normGroups);
  sets.norm(`${name}.norm1`, from);
  sets.layer(`${name}.conv1`, from, inner);
  sets.norm(`${name}.norm2`, inner);
  sets.layer(`${name}.conv2`, inner, to);
  if (from !== to) sets.layer(`${name}.conv_shortcut`, from, to);
}

/** One head, so that any channels of queries may go, if the same of keys do. */
function addAttention(sets: ChannelSets, name: string, stream: OpenSet): void {
  sets.norm(`${name}.group_norm`, stream);
  const matched = sets.open(`${name}.to_q`, stream.channels, 1);
  sets.layer(`${name}.to_q`, stream, matched);
  sets.layer(`${name}.to_k`, stream, matched);
  const mixed = sets.open(`${name}.to_v`, stream.channels, 1);
  sets.layer(`${name}.to_v`, stream, mixed);
  sets.layer(`${name}.to_out.0`, mixed, stream);
}
