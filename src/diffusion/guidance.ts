import { imageSize, requireSameLength } from './latent-batch.js';

/**
 * Classifier-free guidance (arXiv 2207.12598, in diffusers' convention): uncond + scale * (cond - uncond). A
 * scale of 1 is the conditional prediction. Arrays of one shape; the result is new.
 *
 * @throws SnapEvoError `DIFFUSION_BAD_SHAPE`
 */
export function guide(unconditional: Float32Array, conditional: Float32Array, scale: number): Float32Array {
  requireSameLength({ conditional, unconditional });
  const guided = new Float32Array(conditional.length);
  for (let k = 0; k < guided.length; k++) {
    const base = unconditional[k] as number;
    guided[k] = base + scale * ((conditional[k] as number) - base);
  }
  return guided;
}

/**
 * Brings each guided image's standard deviation back towards the conditional one's (arXiv 2305.08891, equations
 * 15 and 16), against overexposure. An image without any deviation is left as it is.
 *
 * @param guided `[batch, channels, height, width]`
 * @param conditional same shape
 * @param rescale share of the rescaled prediction in the mix, from 0 (none) to 1
 * @throws SnapEvoError `DIFFUSION_BAD_SHAPE`
 */
export function rescaleGuidance(
  guided: Float32Array,
  conditional: Float32Array,
  batch: number,
  rescale: number,
): Float32Array {
  requireSameLength({ conditional, guided });
  const size = imageSize(guided.length, batch);
  const rescaled = new Float32Array(guided.length);
  for (let start = 0; start < guided.length; start += size) {
    const deviation = standardDeviation(guided, start, start + size);
    const ratio = deviation > 0 ? standardDeviation(conditional, start, start + size) / deviation : 1;
    const factor = rescale * ratio + (1 - rescale);
    for (let k = start; k < start + size; k++) rescaled[k] = (guided[k] as number) * factor;
  }
  return rescaled;
}

/** Of the population; whether to divide by n or n - 1 cancels out in a ratio. */
function standardDeviation(values: Float32Array, start: number, end: number): number {
  let sum = 0;
  for (let k = start; k < end; k++) sum += values[k] as number;
  const mean = sum / (end - start);
  let squares = 0;
  for (let k = start; k < end; k++) squares += ((values[k] as number) - mean) ** 2;
  return Math.sqrt(squares / (end - start));
}
