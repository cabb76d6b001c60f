import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { hashedGenerator } from '../random/hashed-generator.js';
import { normalPair } from '../random/normal-pair.js';

/** Which noise: the same key always gives the same numbers, and no other key's draws change them. */
export interface NoiseKey {
  readonly seed: number;
  /** Which image, or which training step. */
  readonly index: number;
  /** Which of that image's draws; 0 unless told otherwise. */
  readonly stream?: number;
}

/**
 * A random generator for one key, {@link hashedGenerator} of `snapevo:<seed>:<index>:<stream>`. It depends on the key
 * alone, so images can be made in any order, batch or process.
 *
 * @throws SnapEvoError `DIFFUSION_BAD_NOISE_KEY` unless all parts are safe integers and not negative
 */
export function keyedGenerator({ seed, index, stream = 0 }: NoiseKey): RandomGenerator {
  for (const [name, part] of Object.entries({ seed, index, stream })) requireCounter(name, part);
  return hashedGenerator(`snapevo:${seed}:${index}:${stream}`);
}

/** `length` standard normal numbers of one key. Errors as {@link keyedGenerator}. */
export function gaussianNoise(key: NoiseKey, length: number): Float32Array {
  const generator = keyedGenerator(key);
  const noise = new Float32Array(length);
  for (let k = 0; k < length; k += 2) {
    const [one, other] = normalPair(generator);
    noise[k] = one;
    if (k + 1 < length) noise[k + 1] = other;
  }
  return noise;
}

/**
 * Noise of several images one after another.
 *
 * @param indices which images, `[batch]`
 * @param size elements an image, channels * height * width
 * @param stream which draw: 0 for the latents to start from, 1 + i for what sampling step i adds
 * @returns `[batch, size]`
 */
export function gaussianBatch(
  seed: number,
  indices: readonly number[],
  size: number,
  stream = 0,
): Float32Array {
  const batch = new Float32Array(indices.length * size);
  indices.forEach((index, image) => {
    batch.set(gaussianNoise({ seed, index, stream }, size), image * size);
  });
  return batch;
}

function requireCounter(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new SnapEvoError({
    code: 'DIFFUSION_BAD_NOISE_KEY',
    message: `Expected the ${name} of noise to be an integer from 0 to 2^53 - 1, found ${value}.`,
    hint: 'Choose a seed in that range.',
  });
}
