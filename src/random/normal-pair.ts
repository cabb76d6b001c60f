import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** Two independent standard normal numbers, by Box and Muller's transform in float64. The generator moves on by two draws. */
export function normalPair(generator: RandomGenerator): readonly [number, number] {
  const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(generator)));
  const angle = 2 * Math.PI * uniformFloat64(generator);
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}
