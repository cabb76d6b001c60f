import type { GraphBuilder } from '../graph/graph-builder.js';
import { add, reshape } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { activations, type ActivationName } from './activation.js';
import { convLayer, groupNormLayer, linearLayer, type Layer } from './layers.js';
import type { Parameters } from './parameters.js';

/** A `ResnetBlock2D` of diffusers, without dropout and scale factors. */
export interface ResnetShape {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly normGroups: number;
  readonly normEpsilon: number;
  readonly activation: ActivationName;
  /** Size of the activated time embedding; absent in a VAE. */
  readonly timeChannels?: number;
}

/** What a ResNet block adds to its shortcut: x [batch, in, h, w], activated time [batch, timeChannels], to [batch, out, h, w]. */
export type ResnetResidual = (g: GraphBuilder, x: Value, time?: Value) => Value;

/** Fetches the parameters of a block's residual branch. */
export function resnetResidual(g: GraphBuilder, parameters: Parameters, shape: ResnetShape): ResnetResidual {
  const { inChannels, outChannels, normGroups, normEpsilon, timeChannels } = shape;
  const activate = activations[shape.activation];
  const norm1 = groupNormLayer(g, parameters.within('norm1'), normGroups, inChannels, normEpsilon);
  const conv1 = convLayer(g, parameters.within('conv1'), inChannels, outChannels, 3);
  const timeProjection =
    timeChannels === undefined
      ? undefined
      : linearLayer(g, parameters.within('time_emb_proj'), timeChannels, outChannels);
  const norm2 = groupNormLayer(g, parameters.within('norm2'), normGroups, outChannels, normEpsilon);
  const conv2 = convLayer(g, parameters.within('conv2'), outChannels, outChannels, 3);
  return (at, x, time) => {
    const hidden = conv1(at, activate(at, norm1(at, x)));
    const timed = addTime(at, hidden, time, timeProjection);
    return conv2(at, activate(at, norm2(at, timed)));
  };
}

/** The projection that a skipped ResNet block keeps where its channels change; elsewhere the identity. */
export function resnetShortcut(g: GraphBuilder, parameters: Parameters, shape: ResnetShape): Layer {
  const { inChannels, outChannels } = shape;
  if (inChannels === outChannels) return (_, x) => x;
  return convLayer(g, parameters.within('conv_shortcut'), inChannels, outChannels, 1);
}

/** A whole block that always runs, as a VAE has them. */
export function resnetLayer(g: GraphBuilder, parameters: Parameters, shape: ResnetShape): Layer {
  const residual = resnetResidual(g, parameters, shape);
  const shortcut = resnetShortcut(g, parameters, shape);
  return (at, x) => add(at, shortcut(at, x), residual(at, x));
}

function addTime(g: GraphBuilder, hidden: Value, time?: Value, projection?: Layer): Value {
  if (time === undefined || projection === undefined) return hidden;
  const [batch = 0, channels = 0] = hidden.shape;
  return add(g, hidden, reshape(g, projection(g, time), [batch, channels, 1, 1]));
}
