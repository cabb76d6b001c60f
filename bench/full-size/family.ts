// Configurations of the Stable Diffusion family as their authors publish them, for weights that are drawn at random.

const crossAttention = ['CrossAttnDownBlock2D', 'CrossAttnUpBlock2D'] as const;

/** `unet/config.json` of runwayml/stable-diffusion-v1-5: 859,520,964 parameters, 38 blocks. */
const stableDiffusionUNet = {
  _class_name: 'UNet2DConditionModel',
  act_fn: 'silu',
  attention_head_dim: 8,
  block_out_channels: [320, 640, 1280, 1280],
  center_input_sample: false,
  cross_attention_dim: 768,
  down_block_types: [...repeat(crossAttention[0], 3), 'DownBlock2D'],
  downsample_padding: 1,
  flip_sin_to_cos: true,
  freq_shift: 0,
  in_channels: 4,
  layers_per_block: 2,
  mid_block_scale_factor: 1,
  norm_eps: 1e-5,
  norm_num_groups: 32,
  out_channels: 4,
  sample_size: 64,
  up_block_types: ['UpBlock2D', ...repeat(crossAttention[1], 3)],
};

/** `unet/config.json` of nota-ai/bk-sdm-tiny: three levels, no middle. */
const tinyUNet = {
  ...stableDiffusionUNet,
  block_out_channels: [320, 640, 1280],
  down_block_types: repeat(crossAttention[0], 3),
  layers_per_block: 1,
  mid_block_type: null,
  up_block_types: repeat(crossAttention[1], 3),
};

export const unets = { 'sd-v1.5': stableDiffusionUNet, 'bk-sdm-tiny': tinyUNet };

export const vae = {
  _class_name: 'AutoencoderKL',
  act_fn: 'silu',
  block_out_channels: [128, 256, 512, 512],
  down_block_types: repeat('DownEncoderBlock2D', 4),
  in_channels: 3,
  latent_channels: 4,
  layers_per_block: 2,
  norm_num_groups: 32,
  out_channels: 3,
  sample_size: 512,
  scaling_factor: 0.18215,
  up_block_types: repeat('UpDecoderBlock2D', 4),
};

/** The text model of openai/clip-vit-large-patch14. */
export const textEncoder = {
  architectures: ['CLIPTextModel'],
  model_type: 'clip_text_model',
  bos_token_id: 49406,
  eos_token_id: 49407,
  hidden_act: 'quick_gelu',
  hidden_size: 768,
  intermediate_size: 3072,
  max_position_embeddings: 77,
  num_attention_heads: 12,
  num_hidden_layers: 12,
  projection_dim: 768,
  vocab_size: 49408,
};

export const scheduler = {
  _class_name: 'DDIMScheduler',
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  clip_sample: false,
  num_train_timesteps: 1000,
  prediction_type: 'epsilon',
  set_alpha_to_one: false,
  steps_offset: 1,
};

/** A UNet with all its widths divided, the context's left as it is. */
export function narrowed(unet: typeof stableDiffusionUNet, divisor: number): typeof stableDiffusionUNet {
  return { ...unet, block_out_channels: unet.block_out_channels.map((width) => width / divisor) };
}

function repeat(text: string, times: number): string[] {
  return new Array<string>(times).fill(text);
}
