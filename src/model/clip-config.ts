import { z } from 'zod';
import {
  clipTextFromFile,
  clipTextSchema,
  headsFit,
  headsProblem,
  towerFields,
  towerHints,
  type ClipTextConfig,
  type ClipTowerConfig,
} from './clip-text-config.js';
import { foreignTransformersFields } from './foreign-transformers-fields.js';
import { count, parseConfig, parseConfigObject, size, type ConfigRules } from './parse-config.js';

/** The picture half of a `CLIPModel`, parsed. */
export interface ClipVisionConfig extends ClipTowerConfig {
  readonly channels: number;
  /** Height and width of the pictures it reads. */
  readonly imageSize: number;
  readonly patchSize: number;
  readonly initializerRange: number;
}

/** A `CLIPModel`, parsed. */
export interface ClipConfig {
  readonly text: ClipTextConfig;
  readonly vision: ClipVisionConfig;
  /** Width of the space that both towers are projected to. */
  readonly projectionSize: number;
  /** What the logarithm of the inverse temperature starts with. */
  readonly logitScaleStart: number;
  readonly initializerFactor: number;
}

const visionSchema = z
  .strictObject({
    ...towerFields,
    hidden_size: size.default(768),
    intermediate_size: size.default(3072),
    num_hidden_layers: count.default(12),
    num_attention_heads: size.default(12),
    num_channels: size.default(3),
    image_size: size.default(224),
    patch_size: size.default(32),
  })
  .refine(headsFit, headsProblem)
  .refine((file) => file.patch_size <= file.image_size, {
    path: ['patch_size'],
    message: 'expected at most image_size',
  });

const tower = z.looseObject({}).nullish();
const schema = z.strictObject({
  text_config: tower,
  vision_config: tower,
  projection_dim: size.default(512),
  logit_scale_init_value: z.number().min(-100).max(100).default(2.6592),
  initializer_factor: z.number().gt(0).lt(1e6).default(1),
  text_config_dict: tower,
  vision_config_dict: tower,
});

function rulesOf(model: string): ConfigRules {
  return { model, names: {}, ignored: foreignTransformersFields, hints: towerHints };
}

/** Old files give pictures and the whole an end token too. */
function wordlessRulesOf(model: string): ConfigRules {
  return { ...rulesOf(model), ignored: new Set([...foreignTransformersFields, 'eos_token_id']) };
}

/**
 * Parses the `config.json` of a transformers `CLIPModel`; absent fields take transformers' defaults. The older
 * `text_config_dict` and `vision_config_dict` take the place of what they repeat, as they do there.
 * @throws SnapEvoError `MODEL_CONFIG_NOT_JSON` or `MODEL_CONFIG_UNSUPPORTED`
 */
export function parseClipConfig(text: string, where = 'config.json'): ClipConfig {
  const file = parseConfig(schema, text, where, {
    ...wordlessRulesOf('CLIPModel'),
    names: { model_type: ['clip'] },
  });
  const textFile = file.text_config_dict ?? file.text_config ?? {};
  const visionFile = file.vision_config_dict ?? file.vision_config ?? {};
  return {
    text: clipTextFromFile(
      parseConfigObject(clipTextSchema, textFile, `${where} text_config`, rulesOf('CLIP text tower')),
    ),
    vision: visionFromFile(
      parseConfigObject(
        visionSchema,
        visionFile,
        `${where} vision_config`,
        wordlessRulesOf('CLIP vision tower'),
      ),
    ),
    projectionSize: file.projection_dim,
    logitScaleStart: file.logit_scale_init_value,
    initializerFactor: file.initializer_factor,
  };
}

function visionFromFile(file: z.infer<typeof visionSchema>): ClipVisionConfig {
  return {
    hiddenSize: file.hidden_size,
    intermediateSize: file.intermediate_size,
    layers: file.num_hidden_layers,
    heads: file.num_attention_heads,
    activation: file.hidden_act,
    normEpsilon: file.layer_norm_eps,
    initializerFactor: file.initializer_factor,
    channels: file.num_channels,
    imageSize: file.image_size,
    patchSize: file.patch_size,
    initializerRange: file.initializer_range,
  };
}
