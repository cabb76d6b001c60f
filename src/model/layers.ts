import type { GraphBuilder } from '../graph/graph-builder.js';
import { conv2d, groupNorm, layerNorm, linear } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { startAtOnes, startAtZeros, startUniform, type Initialization } from './initialization.js';
import type { Parameters } from './parameters.js';

/** A module with its parameters in hand, applied to a value; the builder may be nested in the one that made it. */
export type Layer = (g: GraphBuilder, x: Value) => Value;

interface LinearOptions {
  readonly bias?: boolean;
  readonly weightStart?: Initialization;
  readonly biasStart?: Initialization;
}

/** `nn.Linear` on the last axis. */
export function linearLayer(
  g: GraphBuilder,
  parameters: Parameters,
  inSize: number,
  outSize: number,
  { bias = true, weightStart = startUniform(inSize), biasStart = startUniform(inSize) }: LinearOptions = {},
): Layer {
  const weight = parameters.get(g, 'weight', [outSize, inSize], weightStart);
  const shift = bias ? parameters.get(g, 'bias', [outSize], biasStart) : undefined;
  return (at, x) => linear(at, x, weight, shift);
}

/** `nn.Conv2d` with a square kernel on [batch, inChannels, height, width]; padded to keep the size unless told otherwise. */
export function convLayer(
  g: GraphBuilder,
  parameters: Parameters,
  inChannels: number,
  outChannels: number,
  kernel: number,
  {
    stride = 1,
    padding = (kernel - 1) / 2,
  }: { readonly stride?: number; readonly padding?: number | readonly [number, number, number, number] } = {},
): Layer {
  const start = startUniform(inChannels * kernel * kernel);
  const weight = parameters.get(g, 'weight', [outChannels, inChannels, kernel, kernel], start);
  const bias = parameters.get(g, 'bias', [outChannels], start);
  return (at, x) => conv2d(at, x, weight, { bias, stride, padding });
}

/** `nn.GroupNorm` on [batch, channels, ...]. */
export function groupNormLayer(
  g: GraphBuilder,
  parameters: Parameters,
  groups: number,
  channels: number,
  epsilon: number,
): Layer {
  const weight = parameters.get(g, 'weight', [channels], startAtOnes);
  const bias = parameters.get(g, 'bias', [channels], startAtZeros);
  return (at, x) => groupNorm(at, x, groups, weight, bias, epsilon);
}

/** `nn.LayerNorm` over the last axis. */
export function layerNormLayer(
  g: GraphBuilder,
  parameters: Parameters,
  channels: number,
  epsilon: number,
): Layer {
  const weight = parameters.get(g, 'weight', [channels], startAtOnes);
  const bias = parameters.get(g, 'bias', [channels], startAtZeros);
  return (at, x) => layerNorm(at, x, weight, bias, epsilon);
}
