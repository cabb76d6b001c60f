import { z } from 'zod';
import { diffusersActivations, type ActivationName } from './activation.js';
import {
  count,
  dropoutHint,
  maxLevels,
  noDropout,
  parseConfig,
  positive,
  size,
  type ConfigRules,
} from './parse-config.js';

/** The class of an evolved UNet that diffusers has none for, in a module that travels in its folder. */
export const evolvedUNetClass = 'EvolvedUNet2DConditionModel';

/** One resolution of a UNet: a stage down and the stage up that mirrors it. */
export interface UNetLevel {
  readonly channels: number;
  /** ResNet blocks of the stage down; the stage up has one more. */
  readonly resnets: number;
  readonly downAttention: boolean;
  readonly upAttention: boolean;
  readonly heads: number;
  /** Transformer layers within each attention. */
  readonly transformerLayers: number;
  readonly onlyCrossAttention: boolean;
}

/** A `UNet2DConditionModel`, parsed. */
export interface UNetConfig {
  readonly inChannels: number;
  readonly outChannels: number;
  /** Height and width of the latents it was trained on, where the file says so. */
  readonly sampleSize: readonly [number, number] | undefined;
  readonly centerInputSample: boolean;
  readonly flipSinToCos: boolean;
  readonly freqShift: number;
  readonly timeEmbeddingChannels: number;
  /** From the finest resolution to the coarsest. */
  readonly levels: readonly UNetLevel[];
  readonly midBlock: 'cross-attention' | 'resnet' | 'none';
  /** Width of the text embeddings. */
  readonly contextChannels: number;
  readonly activation: ActivationName;
  readonly normGroups: number;
  readonly normEpsilon: number;
  readonly linearProjection: boolean;
  readonly downsamplePadding: number;
  readonly convInKernel: number;
  readonly convOutKernel: number;
}

const perLevel = <T extends z.ZodType>(one: T) => z.union([one, z.array(one).min(1).max(maxLevels)]);
const oddKernel = z
  .int()
  .min(1)
  .max(31)
  .refine((kernel) => kernel % 2 === 1, 'expected an odd number');
const absent = z.null().optional();

const fileSchema = z.strictObject({
  sample_size: z.union([size, z.tuple([size, size])]).nullish(),
  in_channels: size.default(4),
  out_channels: size.default(4),
  center_input_sample: z.boolean().default(false),
  flip_sin_to_cos: z.boolean().default(true),
  freq_shift: z.number().min(0).max(1).default(0),
  down_block_types: z
    .array(z.enum(['CrossAttnDownBlock2D', 'DownBlock2D']))
    .min(1)
    .max(maxLevels)
    .default(['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D']),
  mid_block_type: z
    .enum(['UNetMidBlock2DCrossAttn', 'UNetMidBlock2D'])
    .nullable()
    .default('UNetMidBlock2DCrossAttn'),
  up_block_types: z
    .array(z.enum(['CrossAttnUpBlock2D', 'UpBlock2D']))
    .min(1)
    .max(maxLevels)
    .default(['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D']),
  only_cross_attention: perLevel(z.boolean()).default(false),
  block_out_channels: z.array(size).min(1).max(maxLevels).default([320, 640, 1280, 1280]),
  layers_per_block: perLevel(count).default(2),
  downsample_padding: z.union([z.literal(0), z.literal(1)]).default(1),
  mid_block_scale_factor: z.literal(1).default(1),
  act_fn: z.enum(diffusersActivations).default('silu'),
  norm_num_groups: size.default(32),
  norm_eps: positive.default(1e-5),
  cross_attention_dim: perLevel(size).default(1280),
  transformer_layers_per_block: perLevel(count).default(1),
  reverse_transformer_layers_per_block: absent,
  encoder_hid_dim: absent,
  encoder_hid_dim_type: absent,
  attention_head_dim: perLevel(size).default(8),
  num_attention_heads: absent,
  dual_cross_attention: z.literal(false).default(false),
  use_linear_projection: z.boolean().default(false),
  class_embed_type: absent,
  addition_embed_type: absent,
  addition_time_embed_dim: absent,
  num_class_embeds: absent,
  upcast_attention: z.boolean().nullish(),
  resnet_time_scale_shift: z.literal('default').default('default'),
  resnet_skip_time_act: z.literal(false).default(false),
  resnet_out_scale_factor: z.literal(1).default(1),
  time_embedding_type: z.literal('positional').default('positional'),
  time_embedding_dim: size.nullish(),
  time_embedding_act_fn: absent,
  timestep_post_act: absent,
  time_cond_proj_dim: absent,
  conv_in_kernel: oddKernel.default(3),
  conv_out_kernel: oddKernel.default(3),
  projection_class_embeddings_input_dim: absent,
  attention_type: z.literal('default').default('default'),
  class_embeddings_concat: z.literal(false).default(false),
  dropout: noDropout,
  mid_block_only_cross_attention: z.boolean().nullish(),
  cross_attention_norm: absent,
});
type UNetFile = z.infer<typeof fileSchema>;

const textOnly = 'only UNets conditioned on a timestep and on text tokens are supported';
const rules: ConfigRules = {
  model: 'UNet2DConditionModel',
  names: { _class_name: ['UNet2DConditionModel', evolvedUNetClass] },
  ignored: new Set([
    'addition_embed_type_num_heads',
    // of the average over the training that the weights are, as diffusers' EMAModel saves it
    ...['decay', 'min_decay', 'optimization_step', 'update_after_step', 'use_ema_warmup'],
    ...['inv_gamma', 'power'],
  ]),
  hints: {
    addition_embed_type: `${textOnly}; Stable Diffusion XL adds pooled text and sizes`,
    class_embed_type: textOnly,
    num_class_embeds: textOnly,
    encoder_hid_dim_type: textOnly,
    time_cond_proj_dim: 'distilled models that take the guidance scale as an input are not supported',
    dual_cross_attention: 'models with two attentions side by side are not supported',
    dropout: dropoutHint,
    num_attention_heads: 'diffusers refuses this field too: give the number of heads as attention_head_dim',
    down_block_types: 'stages are made of CrossAttnDownBlock2D and DownBlock2D',
    up_block_types: 'stages are made of CrossAttnUpBlock2D and UpBlock2D',
    mid_block_type: 'the middle is UNetMidBlock2DCrossAttn, UNetMidBlock2D or null',
  },
};

const schema = fileSchema.superRefine(checkLevels).superRefine(checkChannels);

/**
 * Parses a diffusers `unet/config.json`; absent fields take diffusers' defaults. `attention_head_dim` is the
 * number of heads, as diffusers reads it, whatever it is called.
 * @throws SnapEvoError `MODEL_CONFIG_NOT_JSON` or `MODEL_CONFIG_UNSUPPORTED`
 */
export function parseUNetConfig(text: string, where = 'unet/config.json'): UNetConfig {
  return fromFile(parseConfig(schema, text, where, rules));
}

function fromFile(file: UNetFile): UNetConfig {
  const { sample_size: sampleSize } = file;
  return {
    inChannels: file.in_channels,
    outChannels: file.out_channels,
    sampleSize: typeof sampleSize === 'number' ? [sampleSize, sampleSize] : (sampleSize ?? undefined),
    centerInputSample: file.center_input_sample,
    flipSinToCos: file.flip_sin_to_cos,
    freqShift: file.freq_shift,
    timeEmbeddingChannels: file.time_embedding_dim ?? 4 * at(file.block_out_channels, 0),
    levels: levelsOf(file),
    midBlock: midBlockOf(file),
    contextChannels: at(file.cross_attention_dim, 0),
    activation: file.act_fn,
    normGroups: file.norm_num_groups,
    normEpsilon: file.norm_eps,
    linearProjection: file.use_linear_projection,
    downsamplePadding: file.downsample_padding,
    convInKernel: file.conv_in_kernel,
    convOutKernel: file.conv_out_kernel,
  };
}

function levelsOf(file: UNetFile): UNetLevel[] {
  const last = file.block_out_channels.length - 1;
  return file.block_out_channels.map((channels, i) => ({
    channels,
    resnets: at(file.layers_per_block, i),
    downAttention: file.down_block_types[i] === 'CrossAttnDownBlock2D',
    upAttention: file.up_block_types[last - i] === 'CrossAttnUpBlock2D',
    heads: at(file.attention_head_dim, i),
    transformerLayers: at(file.transformer_layers_per_block, i),
    onlyCrossAttention: at(file.only_cross_attention, i),
  }));
}

function midBlockOf({ mid_block_type: type }: UNetFile): UNetConfig['midBlock'] {
  if (type === null) return 'none';
  return type === 'UNetMidBlock2D' ? 'resnet' : 'cross-attention';
}

/** A field of one value for all levels, or of one for each. */
function at<T>(field: T | readonly T[], level: number): T {
  if (!Array.isArray(field)) return field as T;
  return (field as readonly T[])[level] as T;
}

const perLevelFields = [
  'down_block_types',
  'up_block_types',
  'only_cross_attention',
  'layers_per_block',
  'cross_attention_dim',
  'transformer_layers_per_block',
  'attention_head_dim',
] as const;

function checkLevels(file: UNetFile, context: z.RefinementCtx): void {
  const levels = file.block_out_channels.length;
  for (const field of perLevelFields) {
    const value = file[field];
    if (!Array.isArray(value) || value.length === levels) continue;
    const message = `expected ${levels} values as in block_out_channels, found ${value.length}`;
    context.addIssue({ code: 'custom', path: [field], message });
  }
  const widths = file.cross_attention_dim;
  if (Array.isArray(widths) && new Set(widths).size > 1) {
    const message = 'expected one width on all levels, since one text encoder feeds them all';
    context.addIssue({ code: 'custom', path: ['cross_attention_dim'], message });
  }
}

function checkChannels(file: UNetFile, context: z.RefinementCtx): void {
  if (context.issues.length > 0) return;
  const refuse = (message: string): void => {
    context.addIssue({ code: 'custom', path: ['block_out_channels'], message });
  };
  if (at(file.block_out_channels, 0) % 2 !== 0) refuse('expected an even number on the first level');
  levelsOf(file).forEach(({ channels, heads, ...level }, i, levels) => {
    if (channels % file.norm_num_groups !== 0) {
      refuse(`${channels} channels do not fall into norm_num_groups ${file.norm_num_groups}`);
    }
    const isMiddle = i === levels.length - 1 && midBlockOf(file) === 'cross-attention';
    const attends = level.downAttention || level.upAttention || isMiddle;
    if (attends && channels % heads !== 0)
      refuse(`${channels} channels of level ${i} do not fall into ${heads} heads`);
  });
}
