import type { GraphBuilder } from '../graph/graph-builder.js';
import { add } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { activations } from './activation.js';
import { multiHeadAttention, type AttentionShape } from './attention.js';
import type { ClipTowerConfig } from './clip-text-config.js';
import { startNormal, startAtZeros } from './initialization.js';
import { layerNormLayer, linearLayer, type Layer } from './layers.js';
import type { Parameters } from './parameters.js';

/**
 * Appends `CLIPEncoder`: transformer layers that normalise first.
 * @param tokens [batch * tokens, hiddenSize]
 * @param mask added to the attention scores, broadcast to [batch, heads, tokens, tokens]
 */
export function appendClipEncoder(
  g: GraphBuilder,
  config: ClipTowerConfig,
  parameters: Parameters,
  tokens: Value,
  batch: number,
  mask?: Value,
): Value {
  const attention = { batch, heads: config.heads, ...(mask === undefined ? {} : { mask }) };
  return Array.from({ length: config.layers }).reduce<Value>(
    (x, _, i) => appendLayer(g, config, parameters.within(`layers.${i}`), x, attention),
    tokens,
  );
}

function appendLayer(
  g: GraphBuilder,
  config: ClipTowerConfig,
  parameters: Parameters,
  x: Value,
  attention: AttentionShape,
): Value {
  const norm = (name: string): Layer =>
    layerNormLayer(g, parameters.within(name), config.hiddenSize, config.normEpsilon);
  const own = norm('layer_norm1')(g, x);
  const attended = add(g, x, appendAttention(g, config, parameters.within('self_attn'), own, attention));
  const normed = norm('layer_norm2')(g, attended);
  return add(g, attended, appendFeedForward(g, config, parameters.within('mlp'), normed));
}

/** Deviations are those of transformers' `CLIPPreTrainedModel._init_weights`. */
function appendAttention(
  g: GraphBuilder,
  { hiddenSize, layers, initializerFactor }: ClipTowerConfig,
  parameters: Parameters,
  x: Value,
  attention: AttentionShape,
): Value {
  const outDeviation = hiddenSize ** -0.5 * initializerFactor;
  const inDeviation = (2 * layers) ** -0.5 * outDeviation;
  const project = (name: string, input: Value, deviation: number): Value =>
    linearLayer(g, parameters.within(name), hiddenSize, hiddenSize, startsNormal(deviation))(g, input);
  const key = project('k_proj', x, inDeviation);
  const value = project('v_proj', x, inDeviation);
  const query = project('q_proj', x, inDeviation);
  return project('out_proj', multiHeadAttention(g, query, key, value, attention), outDeviation);
}

function appendFeedForward(
  g: GraphBuilder,
  { hiddenSize, intermediateSize, layers, activation, initializerFactor }: ClipTowerConfig,
  parameters: Parameters,
  x: Value,
): Value {
  const inStart = startsNormal((2 * hiddenSize) ** -0.5 * initializerFactor);
  const outStart = startsNormal(hiddenSize ** -0.5 * (2 * layers) ** -0.5 * initializerFactor);
  const widen = linearLayer(g, parameters.within('fc1'), hiddenSize, intermediateSize, inStart);
  const narrow = linearLayer(g, parameters.within('fc2'), intermediateSize, hiddenSize, outStart);
  return narrow(g, activations[activation](g, widen(g, x)));
}

function startsNormal(deviation: number): {
  weightStart: ReturnType<typeof startNormal>;
  biasStart: typeof startAtZeros;
} {
  return { weightStart: startNormal(deviation), biasStart: startAtZeros };
}
