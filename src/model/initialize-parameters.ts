import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { elementCount } from '../graph/value.js';
import { hashedGenerator } from '../random/hashed-generator.js';
import { normalPair } from '../random/normal-pair.js';
import type { ParameterSpec } from './parameters.js';

/**
 * Weights of a model that is to be trained from nothing. What a parameter starts with depends on the seed, its name
 * and its shape alone, not on what else there is.
 */
export function initializeParameters(
  specs: readonly ParameterSpec[],
  seed: number,
): Map<string, Float32Array> {
  return new Map(specs.map((spec) => [spec.name, initialize(spec, seed)]));
}

function initialize({ name, shape, initialization }: ParameterSpec, seed: number): Float32Array {
  const data = new Float32Array(elementCount(shape));
  const generator = hashedGenerator(`snapevo-parameter:${seed}:${name}`);
  switch (initialization.kind) {
    case 'constant':
      return data.fill(initialization.value);
    case 'uniform':
      return data.map(() => (2 * uniformFloat64(generator) - 1) * initialization.bound);
    case 'normal':
      return data.map(() => normalPair(generator)[0] * initialization.deviation);
  }
}
