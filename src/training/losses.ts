import type { GraphBuilder } from '../graph/graph-builder.js';
import * as op from '../graph/ops.js';
import type { Value } from '../graph/value.js';

/** Mean of the squared difference of two tensors of one shape: a scalar. */
export function meanSquaredError(g: GraphBuilder, prediction: Value, target: Value): Value {
  const difference = op.sub(g, prediction, target);
  return op.reduceMean(g, op.square(g, difference), op.allAxes(difference));
}

/**
 * Kullback-Leibler divergence from the standard normal of diagonal Gaussians, summed over the latent and averaged over the
 * batch: 1/2 sum(mean^2 + exp(logVariance) - 1 - logVariance) (Kingma and Welling, 2014, appendix B).
 */
export function gaussianDivergence(g: GraphBuilder, mean: Value, logVariance: Value): Value {
  const terms = op.sub(g, op.add(g, op.square(g, mean), op.exp(g, logVariance)), op.add(g, logVariance, 1));
  const [batch = 1] = mean.shape;
  return op.mul(g, op.reduceSum(g, terms, op.allAxes(terms)), 0.5 / batch);
}

/**
 * CLIP's symmetric contrastive loss (Radford et al., 2021, figure 3).
 * @param images L2-normalised image embeddings, [batch, width]
 * @param texts L2-normalised text embeddings, [batch, width]
 * @param logitScale logarithm of the inverse temperature, a scalar
 * @param same [batch, batch], rows summing to 1: which captions belong to which picture
 */
export function contrastiveLoss(
  g: GraphBuilder,
  images: Value,
  texts: Value,
  logitScale: Value,
  same: Value,
): Value {
  const scaled = op.mul(g, images, op.exp(g, logitScale));
  const logits = op.matMul(g, scaled, op.transpose(g, texts, [1, 0]));
  const one = crossEntropy(g, logits, same);
  const other = crossEntropy(g, op.transpose(g, logits, [1, 0]), op.transpose(g, same, [1, 0]));
  return op.mul(g, op.add(g, one, other), 0.5);
}

/** Cross entropy of logits [batch, classes] against target distributions of the same shape, averaged over the batch. */
export function crossEntropy(g: GraphBuilder, logits: Value, targets: Value): Value {
  const [batch = 1] = logits.shape;
  const agreement = op.mul(g, targets, op.logSoftmax(g, logits, -1));
  return op.mul(g, op.reduceSum(g, agreement, [0, 1]), -1 / batch);
}
