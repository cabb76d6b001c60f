import { z } from 'zod';
import { clipActivations, type ActivationName } from './activation.js';
import { foreignTransformersFields } from './foreign-transformers-fields.js';
import {
  count,
  dropoutHint,
  noDropout,
  parseConfig,
  positive,
  size,
  type ConfigRules,
} from './parse-config.js';

/** A stack of CLIP's transformer layers, of either tower. */
export interface ClipTowerConfig {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly activation: ActivationName;
  readonly normEpsilon: number;
  /** Scales what every parameter starts with. */
  readonly initializerFactor: number;
}

/** A `CLIPTextModel`, parsed. */
export interface ClipTextConfig extends ClipTowerConfig {
  readonly vocabularySize: number;
  /** The longest text, in tokens. */
  readonly maxTokens: number;
  /**
   * The pooled output is taken at the first such token. The value 2, which old files give wrongly, means the token
   * of the highest id, as in transformers.
   */
  readonly endTokenId: number;
}

/** Fields that both towers have. */
export const towerFields = {
  projection_dim: size.nullish(),
  hidden_act: z.enum(clipActivations).default('quick_gelu'),
  layer_norm_eps: positive.default(1e-5),
  initializer_range: positive.default(0.02),
  initializer_factor: positive.default(1),
  attention_dropout: noDropout,
};

/** What to do about those that are refused. */
export const towerHints: ConfigRules['hints'] = { attention_dropout: dropoutHint };

/** Whether a tower's width falls into its heads. */
export function headsFit(file: {
  readonly hidden_size: number;
  readonly num_attention_heads: number;
}): boolean {
  return file.hidden_size % file.num_attention_heads === 0;
}

export const headsProblem = {
  path: ['hidden_size'],
  message: 'expected a multiple of num_attention_heads',
};

export const clipTextSchema = z
  .strictObject({
    ...towerFields,
    vocab_size: z.int().min(1).max(10_000_000).default(49_408),
    hidden_size: size.default(512),
    intermediate_size: size.default(2048),
    num_hidden_layers: count.default(12),
    num_attention_heads: size.default(8),
    max_position_embeddings: size.default(77),
    eos_token_id: z.int().min(0).max(10_000_000).default(49_407),
    use_attention_mask: z.literal(false).nullish(),
  })
  .refine(headsFit, headsProblem);

const rules: ConfigRules = {
  model: 'CLIPTextModel',
  names: { model_type: ['clip_text_model'] },
  ignored: foreignTransformersFields,
  hints: {
    ...towerHints,
    use_attention_mask:
      'padding is read like any token, as Stable Diffusion does: set it to false if the model was trained so',
  },
};

/**
 * Parses a transformers `text_encoder/config.json`; absent fields take transformers' defaults.
 * @throws SnapEvoError `MODEL_CONFIG_NOT_JSON` or `MODEL_CONFIG_UNSUPPORTED`
 */
export function parseClipTextConfig(text: string, where = 'text_encoder/config.json'): ClipTextConfig {
  return clipTextFromFile(parseConfig(clipTextSchema, text, where, rules));
}

/** A text tower of what its schema has read. */
export function clipTextFromFile(file: z.infer<typeof clipTextSchema>): ClipTextConfig {
  return {
    hiddenSize: file.hidden_size,
    intermediateSize: file.intermediate_size,
    layers: file.num_hidden_layers,
    heads: file.num_attention_heads,
    activation: file.hidden_act,
    normEpsilon: file.layer_norm_eps,
    initializerFactor: file.initializer_factor,
    vocabularySize: file.vocab_size,
    maxTokens: file.max_position_embeddings,
    endTokenId: file.eos_token_id,
  };
}
