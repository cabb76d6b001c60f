import { asymmetricVaeClass, type VaeConfig } from './vae-config.js';

/** The text of a `config.json` of diffusers' class for decoders of other stages than their encoders. */
export function asymmetricVaeText(config: VaeConfig): string {
  const { blockOutChannels, layersPerBlock } = config;
  const decoder = config.decoder ?? config;
  const file = {
    _class_name: asymmetricVaeClass,
    in_channels: config.inChannels,
    out_channels: config.outChannels,
    latent_channels: config.latentChannels,
    sample_size: config.sampleSize,
    down_block_types: blockOutChannels.map(() => 'DownEncoderBlock2D'),
    down_block_out_channels: blockOutChannels,
    layers_per_down_block: layersPerBlock,
    up_block_types: decoder.blockOutChannels.map(() => 'UpDecoderBlock2D'),
    up_block_out_channels: decoder.blockOutChannels,
    layers_per_up_block: decoder.layersPerBlock,
    norm_num_groups: config.normGroups,
    act_fn: config.activation,
    scaling_factor: config.scalingFactor,
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}
