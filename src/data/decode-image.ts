import sharp from 'sharp';
import { readPicture, unreadablePicture } from './read-picture.js';

/** 7,000 by 7,000: an interlaced picture is held whole, 200 MB, while it is made smaller. */
const MAX_PIXELS = 49_000_000;

/** How the files of the kinds that are read begin; `undefined` is any byte. The decoder knows others, of which some read further files (SVG) or are programs (PostScript). */
const signatures: Readonly<Record<string, readonly (number | undefined)[]>> = {
  PNG: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  JPEG: [0xff, 0xd8, 0xff],
  WebP: [...ascii('RIFF'), undefined, undefined, undefined, undefined, ...ascii('WEBP')],
};

/**
 * Decodes a stranger's picture, lays a transparent one on white, and brings it to `size` by cropping to the middle square.
 * @returns red, green and blue from 0 to 255, `[size, size, 3]`
 * @throws DataError `DATA_UNREADABLE` for what is no PNG, JPEG or WebP, is damaged, or is too large
 */
export async function decodeImage(path: string, size: number): Promise<Uint8Array> {
  const bytes = readPicture(path);
  try {
    if (!Object.values(signatures).some((signature) => startsWith(bytes, signature))) {
      throw new Error(`expected a file of ${Object.keys(signatures).join(', ')}, found other bytes`);
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

function startsWith(bytes: Uint8Array, signature: readonly (number | undefined)[]): boolean {
  return signature.every((byte, i) => (byte === undefined ? i < bytes.length : byte === bytes[i]));
}

function ascii(text: string): number[] {
  return [...Buffer.from(text, 'latin1')];
}
