import { z } from 'zod';
import { diffusersActivations, type ActivationName } from './activation.js';
import { count, maxLevels, parseConfig, positive, size, type ConfigRules } from './parse-config.js';

/** An `AutoencoderKL`, parsed. */
export interface VaeConfig {
  /** Channels of the pictures read and made. */
  readonly inChannels: number;
  readonly outChannels: number;
  readonly latentChannels: number;
  /** Widths from the finest resolution to the coarsest. */
  readonly blockOutChannels: readonly number[];
  /** ResNet blocks of a stage of the encoder; the decoder has one more. */
  readonly layersPerBlock: number;
  readonly activation: ActivationName;
  readonly normGroups: number;
  /** Height and width of the pictures it was trained on. */
  readonly sampleSize: number;
  /** Latents are multiplied by it before the diffusion sees them. */
  readonly scalingFactor: number;
  readonly quantConv: boolean;
  readonly postQuantConv: boolean;
  readonly midBlockAttention: boolean;
}

const absent = z.null().optional();

const schema = z
  .strictObject({
    in_channels: size.default(3),
    out_channels: size.default(3),
    down_block_types: z
      .array(z.literal('DownEncoderBlock2D'))
      .min(1)
      .max(maxLevels)
      .default(['DownEncoderBlock2D']),
    up_block_types: z
      .array(z.literal('UpDecoderBlock2D'))
      .min(1)
      .max(maxLevels)
      .default(['UpDecoderBlock2D']),
    block_out_channels: z.array(size).min(1).max(maxLevels).default([64]),
    layers_per_block: count.default(1),
    act_fn: z.enum(diffusersActivations).default('silu'),
    latent_channels: size.default(4),
    norm_num_groups: size.default(32),
    sample_size: size.default(32),
    scaling_factor: positive.default(0.18215),
    shift_factor: absent,
    latents_mean: absent,
    latents_std: absent,
    use_quant_conv: z.boolean().default(true),
    use_post_quant_conv: z.boolean().default(true),
    mid_block_add_attention: z.boolean().default(true),
  })
  .superRefine((file, context) => {
    for (const field of ['down_block_types', 'up_block_types'] as const) {
      if (file[field].length === file.block_out_channels.length) continue;
      const message = `expected ${file.block_out_channels.length} stages as in block_out_channels`;
      context.addIssue({ code: 'custom', path: [field], message });
    }
    const uneven = file.block_out_channels.find((channels) => channels % file.norm_num_groups !== 0);
    if (uneven === undefined) return;
    const message = `${uneven} channels do not fall into norm_num_groups ${file.norm_num_groups}`;
    context.addIssue({ code: 'custom', path: ['block_out_channels'], message });
  });

const rules: ConfigRules = {
  model: 'AutoencoderKL',
  names: { _class_name: ['AutoencoderKL'] },
  ignored: new Set(['force_upcast']),
  hints: {
    down_block_types: 'stages of the encoder are DownEncoderBlock2D',
    up_block_types: 'stages of the decoder are UpDecoderBlock2D',
    shift_factor: 'only VAEs whose latents are scaled, not shifted, are supported',
    latents_mean: 'only VAEs whose latents are scaled, not shifted, are supported',
  },
};

/**
 * Parses a diffusers `vae/config.json`; absent fields take diffusers' defaults.
 * @throws SnapEvoError `MODEL_CONFIG_NOT_JSON` or `MODEL_CONFIG_UNSUPPORTED`
 */
export function parseVaeConfig(text: string, where = 'vae/config.json'): VaeConfig {
  const file = parseConfig(schema, text, where, rules);
  return {
    inChannels: file.in_channels,
    outChannels: file.out_channels,
    latentChannels: file.latent_channels,
    blockOutChannels: file.block_out_channels,
    layersPerBlock: file.layers_per_block,
    activation: file.act_fn,
    normGroups: file.norm_num_groups,
    sampleSize: file.sample_size,
    scalingFactor: file.scaling_factor,
    quantConv: file.use_quant_conv,
    postQuantConv: file.use_post_quant_conv,
    midBlockAttention: file.mid_block_add_attention,
  };
}

/** How many times smaller the latents are than the picture, each way. */
export function vaeReduction({ blockOutChannels }: VaeConfig): number {
  return 2 ** (blockOutChannels.length - 1);
}
