import sharp from 'sharp';

/**
 * A picture as a PNG file.
 * @param pixels red, green and blue, [height, width, 3], from 0 to 255
 */
export async function encodePng(
  pixels: Uint8Array | Uint8ClampedArray,
  { height, width }: { readonly height: number; readonly width: number },
): Promise<Uint8Array> {
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}
