import type { PackedImages } from '../../src/data/packed-images.js';
import type { CaptionedPictures } from '../../src/training/captioned-pictures.js';

/** Pictures no two of whose pixels' neighbours are alike, so that each is known by its look, mirrored or not. */
export function packedPictures(count: number, size: number): PackedImages {
  const pixels = Uint8Array.from({ length: count * 3 * size * size }, (_, i) => (i * i * 7 + i * 31) % 251);
  return { count, size, pixels };
}

/** Pictures with two captions each: tokens [item + 1, 6 + which], the last of which ends it. The even ones may be mirrored. */
export function captionedPictures(count: number, size: number): CaptionedPictures {
  const items = Array.from({ length: count }, (_, item) => item);
  return {
    images: packedPictures(count, size),
    weights: items.map((item) => (item === 0 ? 3 : 1)),
    mirrorable: items.map((item) => item % 2 === 0),
    captions: items.map((item) => [0, 1].map((which) => Int32Array.of(item + 1, 6 + which))),
    emptyCaption: Int32Array.of(0, 6),
  };
}
