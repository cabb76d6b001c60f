import { initializeParameters } from './initialize-parameters.js';
import type { ParameterSpec } from './parameters.js';

/** Last layers of a ResNet block's residual branch and of a cross-attention block. */
const lastLayer = /\.(?:conv2|proj_out)\.(?:weight|bias)$/;

/**
 * Weights of a removed block that came without any: restored, it starts as nothing happened, its last layer giving zeros, and learns from there as
 * ControlNet's zero convolutions do (arXiv 2302.05543).
 */
export function spareWeight(spec: ParameterSpec): Float32Array {
  const start = initializeParameters([spec], 0).get(spec.name) ?? new Float32Array();
  return lastLayer.test(spec.name) ? start.fill(0) : start;
}
