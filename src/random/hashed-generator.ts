import { createHash } from 'node:crypto';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** A random generator for a text: xoroshiro128+ whose 128-bit state is the head of the text's SHA-256. */
export function hashedGenerator(text: string): RandomGenerator {
  const digest = createHash('sha256').update(text).digest();
  return xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => digest.readInt32LE(offset)));
}
