import { SnapEvoError } from '../errors/snapevo-error.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import { add, cast, gather, reshape, slice } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { appendClipEncoder } from './clip-encoder.js';
import type { ClipTextConfig } from './clip-text-config.js';
import { startNormal } from './initialization.js';
import { layerNormLayer } from './layers.js';
import { recordParameters, type Parameters, type ParameterSpec } from './parameters.js';

/** What a text encoder gives. */
export interface ClipTextOutputs {
  /** After the final layer norm: [batch, tokens, hiddenSize]; what a UNet is conditioned on. */
  readonly lastHiddenState: Value;
  /** The last hidden state at the end-of-text token: [batch, hiddenSize]. */
  readonly pooled: Value;
  /** Where in its row the first end-of-text token stands: int64 [batch]. */
  readonly endPosition: Value;
}

const embeddingDeviation = 0.02;
/** Added where a token may not look; the lowest float32, as in transformers. */
const maskedScore = -3.4028234663852886e38;

/**
 * Appends transformers' `CLIPTextModel`, without a padding mask: every token attends to those before it.
 * @param inputIds int64 [batch, tokens]
 * @throws SnapEvoError `CLIP_TEXT_LENGTH` for more tokens than the model has positions
 */
export function buildClipText(
  g: GraphBuilder,
  config: ClipTextConfig,
  parameters: Parameters,
  inputIds: Value,
): ClipTextOutputs {
  const own = parameters.within('text_model');
  return g.scope('text_model', () => {
    const [batch = 0, tokens = 0] = inputIds.shape;
    checkLength(config, tokens);
    const embedded = embedTokens(g, config, own.within('embeddings'), inputIds);
    const rows = reshape(g, embedded, [batch * tokens, config.hiddenSize]);
    const mask = causalMask(g, tokens);
    const encoded = appendClipEncoder(g, config, own.within('encoder'), rows, batch, mask);
    const norm = layerNormLayer(g, own.within('final_layer_norm'), config.hiddenSize, config.normEpsilon);
    const normed = norm(g, encoded);
    const endPosition = endPositions(g, config, inputIds);
    return {
      lastHiddenState: reshape(g, normed, [batch, tokens, config.hiddenSize]),
      pooled: gather(g, normed, add(g, endPosition, firstRows(g, inputIds))),
      endPosition,
    };
  });
}

/** The parameters of a text encoder, by the names transformers gives them. */
export function clipTextParameters(config: ClipTextConfig): ParameterSpec[] {
  return recordParameters((g, parameters) =>
    buildClipText(g, config, parameters, g.input('input_ids', { dtype: 'int64', shape: [1, 1] })),
  );
}

function embedTokens(
  g: GraphBuilder,
  { vocabularySize, maxTokens, hiddenSize, initializerFactor }: ClipTextConfig,
  parameters: Parameters,
  inputIds: Value,
): Value {
  const start = startNormal(embeddingDeviation * initializerFactor);
  const table = parameters.get(g, 'token_embedding.weight', [vocabularySize, hiddenSize], start);
  const positions = parameters.get(g, 'position_embedding.weight', [maxTokens, hiddenSize], start);
  const used = slice(g, positions, 0, 0, inputIds.shape[1] ?? 0);
  return add(g, gather(g, table, inputIds), used);
}

function causalMask(g: GraphBuilder, tokens: number): Value {
  const data = Float32Array.from({ length: tokens * tokens }, (_, i) =>
    i % tokens > Math.floor(i / tokens) ? maskedScore : 0,
  );
  return g.constant([1, 1, tokens, tokens], data);
}

function endPositions(g: GraphBuilder, { endTokenId }: ClipTextConfig, inputIds: Value): Value {
  const legacyEndTokenId = 2;
  const marks =
    endTokenId === legacyEndTokenId
      ? inputIds
      : g.add('Equal', [inputIds, g.constantInt64([1, 1], [endTokenId])], {});
  return g.add('ArgMax', [cast(g, marks, 'float32')], { axis: 1 });
}

/** Of each text among the rows [batch * tokens]: int64 [batch]. */
function firstRows(g: GraphBuilder, inputIds: Value): Value {
  const [batch = 0, tokens = 0] = inputIds.shape;
  return g.constantInt64(
    [batch],
    Array.from({ length: batch }, (_, i) => i * tokens),
  );
}

function checkLength({ maxTokens }: ClipTextConfig, tokens: number): void {
  if (tokens <= maxTokens) return;
  throw new SnapEvoError({
    code: 'CLIP_TEXT_LENGTH',
    message: `${tokens} tokens are more than the model's ${maxTokens} positions`,
    hint: 'have the tokenizer truncate to max_position_embeddings',
  });
}
