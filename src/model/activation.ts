import type { GraphBuilder } from '../graph/graph-builder.js';
import { gelu, max, quickGelu, silu } from '../graph/ops.js';
import type { Layer } from './layers.js';

/** Activations by the names diffusers and transformers give them. */
export const activations = {
  silu,
  swish: silu,
  gelu,
  quick_gelu: quickGelu,
  // in this order, so that no gradient passes at zero: as PyTorch has it
  relu: (g: GraphBuilder, x) => max(g, 0, x),
} as const satisfies Readonly<Record<string, Layer>>;

export type ActivationName = keyof typeof activations;

/** Those that diffusers has. */
export const diffusersActivations = [
  'silu',
  'swish',
  'gelu',
  'relu',
] as const satisfies readonly ActivationName[];

/** Those of transformers' that CLIP models use. */
export const clipActivations = [
  'quick_gelu',
  'gelu',
  'silu',
  'swish',
  'relu',
] as const satisfies readonly ActivationName[];
