import { dotProduct } from './cosine.js';

/** How often a picture's own caption is among the first that its embedding finds. */
export interface Retrieval {
  /** Shares, from 0 to 1. */
  readonly recallAt1: number;
  readonly recallAt5: number;
  /** Captions it is sought among, its own included. */
  readonly among: number;
}

const groupSize = 100;

/**
 * Recall of each picture's caption among 100, or among all where there are fewer: pictures are taken in groups in their
 * order, and a last group that is short is filled up with captions from before it.
 * @param images embeddings of unit length
 * @param texts those of their captions, in the same order
 */
export function measureRetrieval(images: readonly Float32Array[], texts: readonly Float32Array[]): Retrieval {
  const among = Math.min(groupSize, texts.length);
  const places = images.map((image, index) => {
    const start = Math.min(index - (index % groupSize), texts.length - among);
    return placeOf(image, texts.slice(start, start + among), index - start);
  });
  return { recallAt1: recallAt(1, places), recallAt5: recallAt(5, places), among };
}

/** Where a caption stands: how many fit better, and how many fit as well, itself included. */
interface Place {
  readonly better: number;
  readonly equal: number;
}

function placeOf(image: Float32Array, texts: readonly Float32Array[], own: number): Place {
  const fits = texts.map((text) => dotProduct(image, text));
  const ownFit = fits[own] ?? Number.NaN;
  return {
    better: fits.filter((fit) => fit > ownFit).length,
    equal: fits.filter((fit) => fit === ownFit).length,
  };
}

/** Captions that fit equally well share their places: each counts as its chance of being among the first `k`. */
function recallAt(k: number, places: readonly Place[]): number {
  const chances = places.map(({ better, equal }) => Math.min(1, Math.max(0, (k - better) / equal)));
  return chances.reduce((sum, chance) => sum + chance, 0) / places.length;
}
