import { decodeImage } from './decode-image.js';

/** Square pictures of one size, packed `[count, 3, size, size]`, red, green and blue from 0 to 255. */
export interface PackedImages {
  readonly count: number;
  readonly size: number;
  readonly pixels: Uint8Array;
}

/** Pictures decoded at a time: enough to keep sharp's threads busy, few enough for any memory. */
const decodedAtATime = 8;

/**
 * Decodes pictures, lays transparent ones on white, and brings them to `size` by cropping to the middle square.
 * @throws DataError as {@link decodeImage} does
 */
export async function packImages(paths: readonly string[], size: number): Promise<PackedImages> {
  const imageLength = 3 * size * size;
  const pixels = new Uint8Array(paths.length * imageLength);
  for (let start = 0; start < paths.length; start += decodedAtATime) {
    const batch = paths.slice(start, start + decodedAtATime);
    const decoded = await Promise.all(batch.map((path) => decodeImage(path, size)));
    decoded.forEach((interleaved, i) => {
      separateChannels(
        interleaved,
        pixels.subarray((start + i) * imageLength, (start + i + 1) * imageLength),
      );
    });
  }
  return { count: paths.length, size, pixels };
}

/** What to copy into a batch: which picture, and whether mirrored left to right. */
export interface ImageChoice {
  readonly index: number;
  readonly mirrored?: boolean;
}

/** Copies pictures into `[choices, 3, size, size]` with values from -1 (0) to 1 (255). */
export function gatherImages(
  images: PackedImages,
  choices: readonly ImageChoice[],
  out = new Float32Array(choices.length * 3 * images.size ** 2),
): Float32Array {
  const { size, pixels } = images;
  const rows = 3 * size;
  choices.forEach(({ index, mirrored = false }, slot) => {
    for (let row = 0; row < rows; row++) {
      const source = (index * rows + row) * size;
      const target = (slot * rows + row) * size;
      for (let x = 0; x < size; x++) {
        out[target + x] = (pixels[source + (mirrored ? size - 1 - x : x)] ?? 0) / 127.5 - 1;
      }
    }
  });
  return out;
}

/** `[height, width, 3]` to `[3, height, width]`. */
function separateChannels(interleaved: Uint8Array, out: Uint8Array): void {
  const area = out.length / 3;
  for (let i = 0; i < area; i++) {
    out[i] = interleaved[3 * i] ?? 0;
    out[area + i] = interleaved[3 * i + 1] ?? 0;
    out[2 * area + i] = interleaved[3 * i + 2] ?? 0;
  }
}
