/** Cosine of each pair of embeddings of unit length; rounding never takes it out of [-1, 1]. */
export function cosines(images: readonly Float32Array[], texts: readonly Float32Array[]): number[] {
  return images.map((image, index) => {
    const text = texts[index];
    return text === undefined ? Number.NaN : Math.min(1, Math.max(-1, dotProduct(image, text)));
  });
}

/** Of two vectors of one length. */
export function dotProduct(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let k = 0; k < one.length; k++) sum += (one[k] as number) * (other[k] as number);
  return sum;
}
