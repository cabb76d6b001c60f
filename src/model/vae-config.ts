import { z } from 'zod';
import { diffusersActivations, type ActivationName } from './activation.js';
import {
  count,
  maxLevels,
  parseConfigObject,
  parseJsonObject,
  positive,
  size,
  type ConfigRules,
} from './parse-config.js';

/** Stages of one half of a VAE. */
export interface VaeStages {
  /** Widths from the finest resolution to the coarsest. */
  readonly blockOutChannels: readonly number[];
  /** ResNet blocks of a stage of an encoder; a decoder has one more. */
  readonly layersPerBlock: number;
}

/** An `AutoencoderKL` or an `AsymmetricAutoencoderKL`, parsed; the stages are the encoder's. */
export interface VaeConfig extends VaeStages {
  /** Channels of the pictures read and made. */
  readonly inChannels: number;
  readonly outChannels: number;
  readonly latentChannels: number;
  /** The decoder's stages, where the class lets them differ; absent of an `AutoencoderKL`, whose decoder mirrors its encoder. */
  readonly decoder?: VaeStages;
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

export const vaeClass = 'AutoencoderKL';
/** Zhu et al., 2023 (arXiv 2306.04632). Its decoder can be shown a masked picture beside the latents; without one it is a plain decoder. */
export const asymmetricVaeClass = 'AsymmetricAutoencoderKL';

const absent = z.null().optional();
const stageList = z.array(size).min(1).max(maxLevels).default([64]);

/** Fields of both classes. */
const shared = {
  in_channels: size.default(3),
  out_channels: size.default(3),
  down_block_types: z
    .array(z.literal('DownEncoderBlock2D'))
    .min(1)
    .max(maxLevels)
    .default(['DownEncoderBlock2D']),
  up_block_types: z.array(z.literal('UpDecoderBlock2D')).min(1).max(maxLevels).default(['UpDecoderBlock2D']),
  act_fn: z.enum(diffusersActivations).default('silu'),
  latent_channels: size.default(4),
  norm_num_groups: size.default(32),
  sample_size: size.default(32),
  scaling_factor: positive.default(0.18215),
};

const schema = z
  .strictObject({
    ...shared,
    block_out_channels: stageList,
    layers_per_block: count.default(1),
    shift_factor: absent,
    latents_mean: absent,
    latents_std: absent,
    use_quant_conv: z.boolean().default(true),
    use_post_quant_conv: z.boolean().default(true),
    mid_block_add_attention: z.boolean().default(true),
  })
  .superRefine((file, context) => {
    const fields = ['down_block_types', 'up_block_types'] as const;
    checkStages(file, 'block_out_channels', fields, context.addIssue.bind(context));
  });

const asymmetricSchema = z
  .strictObject({
    ...shared,
    down_block_out_channels: stageList,
    layers_per_down_block: count.default(1),
    up_block_out_channels: stageList,
    layers_per_up_block: count.default(1),
  })
  .superRefine((file, context) => {
    const addIssue = context.addIssue.bind(context);
    const fields = ['down_block_types', 'up_block_types', 'up_block_out_channels'] as const;
    checkStages(file, 'down_block_out_channels', fields, addIssue);
    checkStages(file, 'up_block_out_channels', [], addIssue);
  });

/** Widths have to fall into groups, and the other fields to speak of as many stages. */
function checkStages<File extends { readonly norm_num_groups: number }>(
  file: File,
  widthField: keyof File & string,
  fields: readonly (keyof File & string)[],
  addIssue: (issue: { code: 'custom'; path: string[]; message: string }) => void,
): void {
  const widths = file[widthField] as readonly number[];
  for (const field of fields) {
    if ((file[field] as readonly unknown[]).length === widths.length) continue;
    const message = `expected ${widths.length} stages as in ${widthField}`;
    addIssue({ code: 'custom', path: [field], message });
  }
  const uneven = widths.find((channels) => channels % file.norm_num_groups !== 0);
  if (uneven === undefined) return;
  const message = `${uneven} channels do not fall into norm_num_groups ${file.norm_num_groups}`;
  addIssue({ code: 'custom', path: [widthField], message });
}

const hints = {
  down_block_types: 'stages of the encoder are DownEncoderBlock2D',
  up_block_types: 'stages of the decoder are UpDecoderBlock2D',
  shift_factor: 'only VAEs whose latents are scaled, not shifted, are supported',
  latents_mean: 'only VAEs whose latents are scaled, not shifted, are supported',
};

const rules: ConfigRules = {
  model: vaeClass,
  names: { _class_name: [vaeClass, asymmetricVaeClass] },
  ignored: new Set(['force_upcast']),
  hints,
};

/** diffusers writes the decoder's widths a second time, by the name that the plain class has for them. */
const asymmetricRules: ConfigRules = {
  ...rules,
  model: asymmetricVaeClass,
  ignored: new Set(['force_upcast', 'block_out_channels']),
};

/**
 * Parses a diffusers `vae/config.json`; absent fields take diffusers' defaults.
 * @throws SnapEvoError `MODEL_CONFIG_NOT_JSON` or `MODEL_CONFIG_UNSUPPORTED`
 */
export function parseVaeConfig(text: string, where = 'vae/config.json'): VaeConfig {
  const file = parseJsonObject(text, where, vaeClass);
  if ('_class_name' in file && file._class_name === asymmetricVaeClass) return parseAsymmetric(file, where);
  const parsed = parseConfigObject(schema, file, where, rules);
  return {
    ...sharedConfig(parsed),
    blockOutChannels: parsed.block_out_channels,
    layersPerBlock: parsed.layers_per_block,
    quantConv: parsed.use_quant_conv,
    postQuantConv: parsed.use_post_quant_conv,
    midBlockAttention: parsed.mid_block_add_attention,
  };
}

function parseAsymmetric(file: object, where: string): VaeConfig {
  const parsed = parseConfigObject(asymmetricSchema, file, where, asymmetricRules);
  return {
    ...sharedConfig(parsed),
    blockOutChannels: parsed.down_block_out_channels,
    layersPerBlock: parsed.layers_per_down_block,
    decoder: { blockOutChannels: parsed.up_block_out_channels, layersPerBlock: parsed.layers_per_up_block },
    quantConv: true,
    postQuantConv: true,
    midBlockAttention: true,
  };
}

type SharedField =
  'inChannels' | 'outChannels' | 'latentChannels' | 'activation' | 'normGroups' | 'sampleSize';

function sharedConfig(
  file: z.output<z.ZodObject<typeof shared>>,
): Pick<VaeConfig, SharedField | 'scalingFactor'> {
  return {
    inChannels: file.in_channels,
    outChannels: file.out_channels,
    latentChannels: file.latent_channels,
    activation: file.act_fn,
    normGroups: file.norm_num_groups,
    sampleSize: file.sample_size,
    scalingFactor: file.scaling_factor,
  };
}

/** The class of diffusers that has such a VAE. */
export const vaeClassOf = ({ decoder }: VaeConfig): string =>
  decoder === undefined ? vaeClass : asymmetricVaeClass;

/** How many times smaller the latents are than the picture, each way. */
export function vaeReduction({ blockOutChannels }: VaeConfig): number {
  return 2 ** (blockOutChannels.length - 1);
}
