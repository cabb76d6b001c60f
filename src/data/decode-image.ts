import sharp from 'sharp';
import { pictureKindOf, pictureKinds } from './picture-kind.js';
import { readPicture, unreadablePicture } from './read-picture.js';

/** 7,000 by 7,000: an interlaced picture is held whole, 200 MB, while it is made smaller. */
const MAX_PIXELS = 49_000_000;

/** JPEG's own. Of a PNG as wide as it claims to be, broken off, the decoder takes many times the memory of its pixels. */
const MAX_SIDE = 65_535;

/**
 * Decodes a stranger's picture, lays a transparent one on white, and brings it to `size` by cropping to the middle square.
 * @param bytes of the file, if they are read already
 * @returns red, green and blue from 0 to 255, `[size, size, 3]`
 * @throws DataError `DATA_UNREADABLE` for what is no PNG, JPEG or WebP, is damaged, or is too large
 */
export async function decodeImage(
  path: string,
  size: number,
  bytes: Uint8Array = readPicture(path),
): Promise<Uint8Array> {
  try {
    if (pictureKindOf(bytes) === undefined) {
      throw new Error(`expected a file of ${pictureKinds.join(', ')}, found other bytes`);
    }
    const { isTurned } = await requireSize(bytes);
    const picture = sharp(bytes, { limitInputPixels: MAX_PIXELS });
    // turning holds all of it, even where nothing has to be turned
    const { data, info } = await (isTurned ? picture.autoOrient() : picture)
      .resize(size, size, { fit: 'cover', kernel: 'lanczos3' })
      .flatten({ background: 'white' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.channels === 3) return data;
    throw new Error(`expected 3 channels, found ${info.channels}`);
  } catch (cause) {
    throw unreadablePicture(path, cause);
  }
}

/** Whether the decoder makes sense of a picture's header, and finds no more pixels in it than there may be. */
export async function hasReadableHeader(bytes: Uint8Array): Promise<boolean> {
  try {
    await requireSize(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Throws where the header makes no sense, or the picture is too large. */
async function requireSize(bytes: Uint8Array): Promise<{ readonly isTurned: boolean }> {
  const { width, height, orientation = 1 } = await sharp(bytes).metadata();
  if (Math.max(width, height) <= MAX_SIDE && width * height <= MAX_PIXELS)
    return { isTurned: orientation > 1 };
  throw new Error(
    `expected at most ${MAX_SIDE} pixels a side and ${MAX_PIXELS} in all, found ${width} x ${height}`,
  );
}
