import { SnapEvoError } from '../errors/snapevo-error.js';

/**
 * Checks that arrays meant to be combined element by element have the same length.
 *
 * @throws SnapEvoError `DIFFUSION_BAD_SHAPE` naming the first that differs
 */
export function requireSameLength(arrays: Readonly<Record<string, ArrayLike<number>>>): void {
  const [first, ...others] = Object.entries(arrays);
  for (const [name, array] of others) {
    if (first !== undefined && array.length !== first[1].length) {
      throw badShape(
        `Expected ${name} to have ${first[1].length} elements like ${first[0]}, found ${array.length}.`,
      );
    }
  }
}

/**
 * Calls `visit(timestep, start, end)` with the range of elements that each image of a batch takes up.
 *
 * @param timesteps `[batch]`
 * @param arrays each `[batch, ...]`, all of one length
 * @throws SnapEvoError `DIFFUSION_BAD_SHAPE` when the lengths differ or do not divide by the batch
 */
export function forEachImage(
  timesteps: ArrayLike<number>,
  arrays: Readonly<Record<string, Float32Array>>,
  visit: (timestep: number, start: number, end: number) => void,
): void {
  requireSameLength(arrays);
  const length = Object.values(arrays)[0]?.length ?? 0;
  const size = imageSize(length, timesteps.length);
  for (let image = 0; image < timesteps.length; image++) {
    visit(timesteps[image] as number, image * size, (image + 1) * size);
  }
}

/**
 * How many elements each image of a batch takes up.
 *
 * @throws SnapEvoError `DIFFUSION_BAD_SHAPE` when `length` does not divide by `batch`
 */
export function imageSize(length: number, batch: number): number {
  const size = length / batch;
  if (Number.isInteger(size)) return size;
  throw badShape(`Expected a number of elements divisible by the batch of ${batch}, found ${length}.`);
}

function badShape(message: string): SnapEvoError {
  return new SnapEvoError({
    code: 'DIFFUSION_BAD_SHAPE',
    message,
    hint: 'Pass whole [batch, channels, height, width] arrays of one shape.',
    fault: 'internal',
  });
}
