import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SnapEvoError } from '../../src/errors/snapevo-error.js';
import { parseClipConfig } from '../../src/model/clip-config.js';
import { parseClipTextConfig } from '../../src/model/clip-text-config.js';
import { parseUNetConfig } from '../../src/model/unet-config.js';
import { parseVaeConfig } from '../../src/model/vae-config.js';

/** As published with Stable Diffusion 2.1, by diffusers 0.10. */
const stableDiffusion21 = {
  _class_name: 'UNet2DConditionModel',
  _diffusers_version: '0.10.0.dev0',
  act_fn: 'silu',
  attention_head_dim: [5, 10, 20, 20],
  block_out_channels: [320, 640, 1280, 1280],
  center_input_sample: false,
  cross_attention_dim: 1024,
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
  downsample_padding: 1,
  dual_cross_attention: false,
  flip_sin_to_cos: true,
  freq_shift: 0,
  in_channels: 4,
  layers_per_block: 2,
  mid_block_scale_factor: 1,
  norm_eps: 1e-5,
  norm_num_groups: 32,
  num_class_embeds: null,
  only_cross_attention: false,
  out_channels: 4,
  sample_size: 96,
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
  upcast_attention: true,
  use_linear_projection: true,
};

const problemWith = (change: object): SnapEvoError => {
  try {
    parseUNetConfig(JSON.stringify({ ...stableDiffusion21, ...change }), 'some/config.json');
  } catch (error) {
    if (error instanceof SnapEvoError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('a UNet’s configuration', () => {
  test('of Stable Diffusion 2.1 is read level by level', () => {
    const config = parseUNetConfig(JSON.stringify(stableDiffusion21));
    expect(config).toMatchObject({
      sampleSize: [96, 96],
      contextChannels: 1024,
      timeEmbeddingChannels: 1280,
    });
    expect(config.levels.map(({ heads }) => heads)).toEqual([5, 10, 20, 20]);
    expect(config.levels.map(({ downAttention }) => downAttention)).toEqual([true, true, true, false]);
    expect(config.levels.map(({ upAttention }) => upAttention)).toEqual([true, true, true, false]);
  });

  test('asks of heads only where something attends', () => {
    const file = {
      block_out_channels: [24, 16],
      norm_num_groups: 8,
      attention_head_dim: [8, 5],
      down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
      up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
    };
    const read = (change: object): unknown => parseUNetConfig(JSON.stringify({ ...file, ...change }));
    expect(read({ mid_block_type: 'UNetMidBlock2D' })).toMatchObject({ midBlock: 'resnet' });
    expect(read({ mid_block_type: null })).toMatchObject({ midBlock: 'none' });
    expect(() => read({})).toThrow('16 channels of level 1 do not fall into 5 heads');
    const raised = { mid_block_type: null, up_block_types: ['CrossAttnUpBlock2D', 'UpBlock2D'] };
    expect(() => read(raised)).toThrow('16 channels of level 1 do not fall into 5 heads');
  });

  test('takes diffusers’ defaults for what is not said', () => {
    expect(parseUNetConfig('{}').levels.map(({ channels }) => channels)).toEqual([320, 640, 1280, 1280]);
  });

  test.each([
    [
      'another conditioning, saying whose it is',
      { addition_embed_type: 'text_time' },
      /addition_embed_type/,
      /XL/,
    ],
    ['dropout, which training would have to know', { dropout: 0.1 }, /dropout/, /set it to 0/],
    ['a field nobody knows', { colour: 'blue' }, /unknown field "colour"/, /correct the named fields/],
    [
      'stages of other kinds',
      { mid_block_type: 'UNetMidBlock2DSimpleCrossAttn' },
      /mid_block_type/,
      /the middle is/,
    ],
    ['lists of the wrong length', { attention_head_dim: [5, 10] }, /expected 4 values .* found 2$/, /correct/],
    ['different text widths', { cross_attention_dim: [8, 8, 8, 16] }, /one width on all levels/, /correct/],
    [
      'channels that do not fall into groups',
      { norm_num_groups: 48 },
      /do not fall into norm_num_groups/,
      /correct/,
    ],
    [
      'channels that do not fall into heads',
      { attention_head_dim: 7 },
      /do not fall into 7 heads/,
      /correct/,
    ],
    [
      'sizes out of all proportion',
      { block_out_channels: [32, 32, 32, 1e9] },
      /block_out_channels.3/,
      /correct/,
    ],
  ])('refuses %s', (_, change, message, hint) => {
    const error = problemWith(change);
    expect(error).toMatchObject({ code: 'MODEL_CONFIG_UNSUPPORTED', where: 'some/config.json' });
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });

  test('may say of which average over the training its weights are', () => {
    const average = { decay: 0.9999, min_decay: 0, optimization_step: 5, update_after_step: 0 };
    const file = {
      ...stableDiffusion21,
      ...average,
      use_ema_warmup: false,
      inv_gamma: 1,
      power: 2 / 3,
      dropout: 0.0,
    };
    expect(parseUNetConfig(JSON.stringify(file))).toEqual(parseUNetConfig(JSON.stringify(stableDiffusion21)));
  });

  test('names every field at fault', () => {
    expect(problemWith({ act_fn: 'mish', norm_eps: -1 }).message).toMatch(
      /act_fn.*norm_eps|norm_eps.*act_fn/s,
    );
  });
});

describe('any of the configurations', () => {
  test.each([
    ['UNet2DConditionModel', '_class_name', 'UNet2DModel', parseUNetConfig],
    ['AutoencoderKL', '_class_name', 'AutoencoderTiny', parseVaeConfig],
    ['CLIPTextModel', 'model_type', 't5', parseClipTextConfig],
    ['CLIPModel', 'model_type', 'siglip', parseClipConfig],
  ])('of a %s is refused when %s is %s', (model, field, name, parse: (text: string) => unknown) => {
    expect(() => parse(JSON.stringify({ [field]: name }))).toThrow(
      expect.objectContaining({
        code: 'MODEL_CONFIG_UNSUPPORTED',
        message: expect.stringMatching(
          new RegExp(`unsupported ${model}: expected ${field} .*, found "${name}"`),
        ) as unknown,
      }),
    );
  });

  const parsers = { parseUNetConfig, parseVaeConfig, parseClipTextConfig, parseClipConfig };

  test.each(Object.entries(parsers))('%s refuses what is no JSON object', (_, parse) => {
    for (const text of ['', '[]', 'null', '3', '{', '"x"']) {
      expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'MODEL_CONFIG_NOT_JSON' }));
    }
  });

  test.each(Object.entries(parsers))(
    '%s answers anything else with a configuration or a clear error',
    (_, parse) => {
      const field = fc.constantFrom(
        ...Object.keys(stableDiffusion21),
        'hidden_size',
        'text_config',
        '__proto__',
        'eos_token_id',
      );
      fc.assert(
        fc.property(fc.dictionary(field, fc.jsonValue()), (file) => {
          try {
            expect(parse(JSON.stringify(file))).toBeTypeOf('object');
          } catch (error) {
            expect(error).toBeInstanceOf(SnapEvoError);
          }
        }),
      );
    },
  );
});

describe('a VAE’s configuration', () => {
  const stages = { down_block_types: ['DownEncoderBlock2D'], up_block_types: ['UpDecoderBlock2D'] };

  test('takes diffusers’ defaults for its stages too', () => {
    expect(parseVaeConfig('{}')).toEqual(
      parseVaeConfig(JSON.stringify({ ...stages, block_out_channels: [64] })),
    );
  });

  test('carries its scaling factor', () => {
    expect(parseVaeConfig(JSON.stringify({ ...stages, scaling_factor: 0.5 })).scalingFactor).toBe(0.5);
  });

  test('is refused when latents are shifted, or stages and widths differ in number', () => {
    expect(() => parseVaeConfig(JSON.stringify({ ...stages, shift_factor: 0.1 }))).toThrow('shift_factor');
    expect(() => parseVaeConfig(JSON.stringify({ ...stages, block_out_channels: [32, 64] }))).toThrow(
      '2 stages',
    );
  });
});

describe('CLIP’s configuration', () => {
  const generation = {
    add_cross_attention: false,
    bad_words_ids: null,
    id2label: { '0': 'LABEL_0' },
    top_p: 1,
  };

  test('may hold what old transformers wrote about text generation', () => {
    const config = parseClipTextConfig(
      JSON.stringify({ ...generation, hidden_size: 768, num_attention_heads: 12 }),
    );
    expect(config).toMatchObject({ hiddenSize: 768, heads: 12, endTokenId: 49_407, maxTokens: 77 });
  });

  test('prefers the old …_dict over what it repeats', () => {
    const text = { hidden_size: 64, num_attention_heads: 8, eos_token_id: 2 };
    const file = {
      text_config: { ...generation, hidden_size: 8 },
      text_config_dict: text,
      vision_config: null,
    };
    const config = parseClipConfig(JSON.stringify(file));
    expect(config.text).toMatchObject({ hiddenSize: 64, endTokenId: 2 });
    expect(config.vision).toMatchObject({ hiddenSize: 768, imageSize: 224 });
  });

  test.each(['text_config', 'vision_config'])('is refused with dropout in its %s', (tower) => {
    const file = { [tower]: { attention_dropout: 0.1 } };
    expect(() => parseClipConfig(JSON.stringify(file))).toThrow(
      expect.objectContaining({
        code: 'MODEL_CONFIG_UNSUPPORTED',
        message: expect.stringContaining('attention_dropout') as string,
        hint: expect.stringContaining('set it to 0') as string,
      }),
    );
    expect(parseClipConfig(JSON.stringify({ [tower]: { attention_dropout: 0.0, dropout: 0.0 } }))).toEqual(
      parseClipConfig('{}'),
    );
  });

  test('is refused in a tower by the tower’s name', () => {
    const file = { vision_config: { hidden_size: 10, num_attention_heads: 3 } };
    expect(() => parseClipConfig(JSON.stringify(file), 'clip.json')).toThrow(
      expect.objectContaining({ code: 'MODEL_CONFIG_UNSUPPORTED', where: 'clip.json vision_config' }),
    );
  });
});
