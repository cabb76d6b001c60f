import { hashArchitecture } from '../architecture/canonical-form.js';
import { removeBlock, type Architecture } from '../architecture/architecture.js';
import { keyedGenerator } from '../diffusion/gaussian.js';
import { shuffle } from './shuffle.js';

/** How many blocks random architectures are without: from one share of all to another. */
export interface RemovedShares {
  readonly least: number;
  readonly most: number;
}

/**
 * Architectures without random blocks, the number of removed ones spread evenly between two shares of all, fewest first: each once, and
 * never the original, so that of a small network there may be fewer. The same for the same seed; those of different seeds have nothing to do with
 * each other.
 */
export function randomArchitectures(
  original: Architecture,
  count: number,
  { least, most }: RemovedShares,
  seed: number,
): readonly Architecture[] {
  const ids = original.blocks.map(({ id }) => id);
  const found = new Map<string, Architecture>();
  for (let index = 0; index < count; index += 1) {
    const share = least + ((most - least) * (index + 0.5)) / count;
    const removedCount = Math.max(1, Math.round(share * ids.length));
    const removed = shuffle(ids, keyedGenerator({ seed, index })).slice(0, removedCount);
    const architecture = removed.reduce(removeBlock, original);
    found.set(hashArchitecture(architecture), architecture);
  }
  return [...found.values()];
}
