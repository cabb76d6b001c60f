import sharp from 'sharp';
import { pictureKindOf, pictureKinds } from './picture-kind.js';
import { readPicture, unreadablePicture } from './read-picture.js';

/** 7,000 by 7,000: an interlaced picture is held whole, 200 MB, while it is made smaller. */
const MAX_PIXELS = 49_000_000;

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
    const { data, info } = await sharp(bytes, { limitInputPixels: MAX_PIXELS })
      .autoOrient()
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
    const { width, height } = await sharp(bytes).metadata();
    return width * height <= MAX_PIXELS;
  } catch {
    return false;
  }
}
