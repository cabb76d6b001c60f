/** How a parameter starts: what PyTorch's layers (or transformers' CLIP) draw it from. */
export type Initialization =
  | { readonly kind: 'uniform'; /** Drawn from [-bound, bound). */ readonly bound: number }
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'constant'; readonly value: number };

export const startAtOnes: Initialization = { kind: 'constant', value: 1 };
export const startAtZeros: Initialization = { kind: 'constant', value: 0 };

/** Uniform within 1 / sqrt(fan in): PyTorch's `reset_parameters` of linear and convolution layers, weights and biases alike. */
export function startUniform(fanIn: number): Initialization {
  return { kind: 'uniform', bound: 1 / Math.sqrt(fanIn) };
}

export function startNormal(deviation: number): Initialization {
  return { kind: 'normal', deviation };
}
