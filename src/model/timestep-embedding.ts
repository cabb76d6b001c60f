import type { GraphBuilder } from '../graph/graph-builder.js';
import { concat, cos, mul, reshape, sin } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { activations, type ActivationName } from './activation.js';
import { linearLayer, type Layer } from './layers.js';
import type { Parameters } from './parameters.js';

/** Sinusoids of a timestep, as diffusers' `Timesteps` makes them. */
export interface SinusoidShape {
  readonly channels: number;
  /** Cosines before sines. */
  readonly flipSinToCos: boolean;
  /** Taken from the number of frequencies before spacing them; diffusers' `downscale_freq_shift`. */
  readonly freqShift: number;
}

const maxPeriod = 10_000;

/**
 * Sinusoidal position embedding (section 3.5 of arXiv 1706.03762).
 * @param timestep float32 [batch]
 * @returns [batch, channels]
 */
export function timestepSinusoids(
  g: GraphBuilder,
  timestep: Value,
  { channels, flipSinToCos, freqShift }: SinusoidShape,
): Value {
  const [batch = 0] = timestep.shape;
  const half = channels / 2;
  const exponent = -Math.log(maxPeriod) / (half - freqShift);
  const frequencies = Float32Array.from({ length: half }, (_, i) => Math.exp(exponent * i));
  const angles = mul(g, reshape(g, timestep, [batch, 1]), g.constant([1, half], frequencies));
  const parts = flipSinToCos ? [cos(g, angles), sin(g, angles)] : [sin(g, angles), cos(g, angles)];
  return concat(g, parts, 1);
}

/** `TimestepEmbedding`: two linear layers with an activation between them, [batch, inSize] to [batch, outSize]. */
export function timestepEmbeddingLayer(
  g: GraphBuilder,
  parameters: Parameters,
  inSize: number,
  outSize: number,
  activation: ActivationName,
): Layer {
  const first = linearLayer(g, parameters.within('linear_1'), inSize, outSize);
  const second = linearLayer(g, parameters.within('linear_2'), outSize, outSize);
  return (at, x) => second(at, activations[activation](at, first(at, x)));
}
