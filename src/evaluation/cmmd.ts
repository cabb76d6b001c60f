import { dotProduct } from './cosine.js';

/** Width of the Gaussian kernel, and what the distance is multiplied with to be readable: the reference's. */
const SIGMA = 10;
const SCALE = 1000;

/**
 * CMMD between two sets of pictures: the squared maximum mean discrepancy of their CLIP embeddings under a Gaussian kernel
 * (Jayasumana et al., "Rethinking FID", 2024; their code's biased estimator, kernel width and scale). 0 for equal sets; larger is
 * further apart. Sets of a few hundred pictures differ by chance alone: compare numbers of equal counts only.
 * @param one embeddings of unit length, at least one
 * @param other as `one`, of the same width; the counts may differ
 */
export function cmmd(one: readonly Float32Array[], other: readonly Float32Array[]): number {
  return SCALE * (meanKernel(one, one) + meanKernel(other, other) - 2 * meanKernel(one, other));
}

/** Mean of exp(-|x - y|^2 / (2 sigma^2)) over all pairs. */
function meanKernel(one: readonly Float32Array[], other: readonly Float32Array[]): number {
  const [norms, otherNorms] = [one, other].map((set) => set.map((each) => dotProduct(each, each)));
  let sum = 0;
  one.forEach((x, i) => {
    other.forEach((y, j) => {
      const squared = (norms?.[i] ?? Number.NaN) + (otherNorms?.[j] ?? Number.NaN) - 2 * dotProduct(x, y);
      sum += Math.exp(-squared / (2 * SIGMA ** 2));
    });
  });
  return sum / (one.length * other.length);
}
