import { SnapEvoError } from '../errors/snapevo-error.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import { add, concat, conv2d, expand, reshape, slice, transpose } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import type { ClipVisionConfig } from './clip-config.js';
import { appendClipEncoder } from './clip-encoder.js';
import { startNormal } from './initialization.js';
import { layerNormLayer, type Layer } from './layers.js';
import type { Parameters } from './parameters.js';

/**
 * Appends transformers' `CLIPVisionModel`.
 * @param pixels normalised pictures, [batch, channels, imageSize, imageSize]
 * @returns the pooled output, [batch, hiddenSize]
 * @throws SnapEvoError `CLIP_IMAGE_SIZE`
 */
export function buildClipVision(
  g: GraphBuilder,
  config: ClipVisionConfig,
  parameters: Parameters,
  pixels: Value,
): Value {
  checkPixels(config, pixels);
  const own = parameters.within('vision_model');
  const { hiddenSize } = config;
  const norm = (name: string): Layer => layerNormLayer(g, own.within(name), hiddenSize, config.normEpsilon);
  return g.scope('vision_model', () => {
    const [batch = 0] = pixels.shape;
    const embedded = embedPatches(g, config, own.within('embeddings'), pixels);
    const tokens = embedded.shape[1] ?? 0;
    const rows = reshape(g, embedded, [batch * tokens, hiddenSize]);
    // transformers' own spelling
    const normed = norm('pre_layrnorm')(g, rows);
    const encoded = appendClipEncoder(g, config, own.within('encoder'), normed, batch);
    const first = slice(g, reshape(g, encoded, [batch, tokens, hiddenSize]), 1, 0, 1);
    return norm('post_layernorm')(g, reshape(g, first, [batch, hiddenSize]));
  });
}

/** A class token, then the patches row by row, with their positions added: [batch, 1 + patches, hiddenSize]. */
function embedPatches(
  g: GraphBuilder,
  config: ClipVisionConfig,
  parameters: Parameters,
  pixels: Value,
): Value {
  const { hiddenSize, channels, patchSize, imageSize, initializerFactor, initializerRange } = config;
  const [batch = 0] = pixels.shape;
  const start = startNormal(initializerRange * initializerFactor);
  const classStart = startNormal(hiddenSize ** -0.5 * initializerFactor);
  const classToken = parameters.get(g, 'class_embedding', [hiddenSize], classStart);
  const kernelShape = [hiddenSize, channels, patchSize, patchSize];
  const kernel = parameters.get(g, 'patch_embedding.weight', kernelShape, start);
  const patches = Math.floor(imageSize / patchSize) ** 2;
  const positions = parameters.get(g, 'position_embedding.weight', [patches + 1, hiddenSize], start);
  const image = conv2d(g, pixels, kernel, { stride: patchSize });
  const rows = transpose(g, reshape(g, image, [batch, hiddenSize, patches]), [0, 2, 1]);
  const classes = expand(g, reshape(g, classToken, [1, 1, hiddenSize]), [batch, 1, hiddenSize]);
  return add(g, concat(g, [classes, rows], 1), positions);
}

function checkPixels({ channels, imageSize }: ClipVisionConfig, { shape }: Value): void {
  const [, ...found] = shape;
  if (found.join() === [channels, imageSize, imageSize].join()) return;
  throw new SnapEvoError({
    code: 'CLIP_IMAGE_SIZE',
    message: `expected pictures [${channels}, ${imageSize}, ${imageSize}], found [${found.join(', ')}]`,
    hint: 'resize and crop pictures to the image_size of the CLIP model',
  });
}
