import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { elementCount } from '../graph/value.js';
import type { ParameterSpec } from './parameters.js';

/** Numbers from [0, 1). */
type Uniform = () => number;

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
  const uniform = namedUniform(seed, name);
  switch (initialization.kind) {
    case 'constant':
      return data.fill(initialization.value);
    case 'uniform':
      return data.map(() => (2 * uniform() - 1) * initialization.bound);
    case 'normal':
      return data.map(() => normal(uniform) * initialization.deviation);
  }
}

/** xoroshiro128+ from the head of SHA-256 over seed and name. */
function namedUniform(seed: number, name: string): Uniform {
  const digest = createHash('sha256').update(`snapevo-parameter:${seed}:${name}`).digest();
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => digest.readInt32LE(offset)));
  return () => uniformFloat64(generator);
}

/** A standard normal number by Box and Muller's transform. */
function normal(uniform: Uniform): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
  return radius * Math.cos(2 * Math.PI * uniform());
}
