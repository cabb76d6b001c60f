import { gatherImages, type PackedImages } from '../data/packed-images.js';

/** A picture in memory: red, green and blue planes [3, height, width] with values from -1 to 1. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly pixels: Float32Array;
}

/** Pictures of a packed set, in order. */
export function unpackPictures(images: PackedImages): Picture[] {
  const { size, count } = images;
  return Array.from({ length: count }, (_, index) => ({
    height: size,
    width: size,
    pixels: gatherImages(images, [{ index }]),
  }));
}

/** A picture as image files hold it: [height, width, 3], from 0 to 255. */
export function pictureBytes({ height, width, pixels }: Picture): Uint8ClampedArray {
  const area = height * width;
  const planes = byteValues(pixels);
  return Uint8ClampedArray.from(
    planes,
    (_, index) => planes[(index % 3) * area + Math.floor(index / 3)] ?? 0,
  );
}

/** Values cut off at -1 and 1. */
export function clampValues(values: Float32Array): Float32Array {
  const clamped = new Float32Array(values.length);
  // a loop: `map` puts every number into an object of its own on the way
  for (let k = 0; k < clamped.length; k++) clamped[k] = Math.min(1, Math.max(-1, values[k] as number));
  return clamped;
}

/** Values from -1 to 1 as whole ones from 0 to 255. */
export function byteValues(values: Float32Array): Uint8ClampedArray {
  const bytes = new Uint8ClampedArray(values.length);
  for (let k = 0; k < bytes.length; k++) bytes[k] = Math.round(((values[k] as number) + 1) * 127.5);
  return bytes;
}
