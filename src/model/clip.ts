import type { GraphBuilder } from '../graph/graph-builder.js';
import { div, reduceSum, sqrt, square } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import type { ClipConfig } from './clip-config.js';
import { buildClipText } from './clip-text.js';
import { buildClipVision } from './clip-vision.js';
import { startNormal } from './initialization.js';
import { linearLayer } from './layers.js';
import { recordParameters, type Parameters, type ParameterSpec } from './parameters.js';

/**
 * Appends the text half of transformers' `CLIPModel`.
 * @param inputIds int64 [batch, tokens]
 * @returns embeddings of unit length, [batch, projectionSize]
 */
export function buildClipTextEmbedding(
  g: GraphBuilder,
  config: ClipConfig,
  parameters: Parameters,
  inputIds: Value,
): Value {
  const { pooled } = buildClipText(g, config.text, parameters, inputIds);
  const own = parameters.within('text_projection');
  return g.scope('text_projection', () => project(g, config, own, config.text.hiddenSize, pooled));
}

/**
 * Appends the picture half of transformers' `CLIPModel`.
 * @param pixels normalised pictures, [batch, channels, imageSize, imageSize]
 * @returns embeddings of unit length, [batch, projectionSize]
 */
export function buildClipImageEmbedding(
  g: GraphBuilder,
  config: ClipConfig,
  parameters: Parameters,
  pixels: Value,
): Value {
  const pooled = buildClipVision(g, config.vision, parameters, pixels);
  const own = parameters.within('visual_projection');
  return g.scope('visual_projection', () => project(g, config, own, config.vision.hiddenSize, pooled));
}

/** The logarithm of what cosines are multiplied by in CLIP's contrastive loss, a scalar; only training needs it. */
export function clipLogitScale(g: GraphBuilder, config: ClipConfig, parameters: Parameters): Value {
  return parameters.get(g, 'logit_scale', [], { kind: 'constant', value: config.logitScaleStart });
}

/** The parameters of a CLIP model, by the names transformers gives them. */
export function clipParameters(config: ClipConfig): ParameterSpec[] {
  const { channels, imageSize } = config.vision;
  return recordParameters((g, parameters) => {
    clipLogitScale(g, config, parameters);
    const inputIds = g.input('input_ids', { dtype: 'int64', shape: [1, 1] });
    buildClipTextEmbedding(g, config, parameters, inputIds);
    const shape = [1, channels, imageSize, imageSize];
    buildClipImageEmbedding(g, config, parameters, g.input('pixels', { dtype: 'float32', shape }));
  });
}

function project(
  g: GraphBuilder,
  { projectionSize, initializerFactor }: ClipConfig,
  parameters: Parameters,
  hiddenSize: number,
  pooled: Value,
): Value {
  const weightStart = startNormal(hiddenSize ** -0.5 * initializerFactor);
  const embedding = linearLayer(g, parameters, hiddenSize, projectionSize, { bias: false, weightStart })(
    g,
    pooled,
  );
  return div(g, embedding, sqrt(g, reduceSum(g, square(g, embedding), [-1], true)));
}
