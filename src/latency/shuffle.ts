import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** The items in a random order, each as likely (Fisher and Yates). The generator moves on. */
export function shuffle<Item>(items: readonly Item[], random: RandomGenerator): Item[] {
  const left = [...items];
  return items.flatMap(() => left.splice(uniformInt(random, 0, left.length - 1), 1));
}
