import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { checkPicture } from '../../../src/data/check-picture.js';
import { decodeImage } from '../../../src/data/decode-image.js';
import { chunksOf, pngOf } from '../../data/png-chunks.js';
import { fuzzed } from '../fuzzed-parser.js';
import { anyBytes, mutatedBytes } from '../mutations.js';

const side = 24;
const pixels = Buffer.from(Uint8Array.from({ length: side * side * 4 }, (_, i) => (i * 37) % 251));
const source = sharp(pixels, { raw: { width: side, height: side, channels: 4 } });
const [png, palette, jpeg, progressive, webp, lossless] = await Promise.all([
  source.clone().png().toBuffer(),
  source.clone().png({ palette: true, progressive: true }).toBuffer(),
  source
    .clone()
    .jpeg()
    .withExif({ IFD0: { Copyright: 'x' } })
    .toBuffer(),
  source.clone().jpeg({ progressive: true }).toBuffer(),
  source.clone().webp().toBuffer(),
  source.clone().webp({ lossless: true }).toBuffer(),
]);

/** Changed chunks with right sums, which the decoder would else stop at; headers of any width and height among them. */
const changedChunk = (file: Buffer): fc.Arbitrary<Buffer> => {
  const chunks = chunksOf(file);
  return fc
    .nat(chunks.length - 1)
    .chain((place) =>
      mutatedBytes(chunks[place]?.data ?? Buffer.alloc(0)).map((data) =>
        pngOf(chunks.map((chunk, i) => (i === place ? { ...chunk, data } : chunk))),
      ),
    );
};
const extent = fc.constantFrom(0, 1, 24, 7_000, 50_000, 2 ** 31 - 1, 2 ** 32 - 1);
const claimed = fc.tuple(extent, extent).map(([width, height]) => {
  const [head, ...rest] = chunksOf(png);
  const data = Buffer.from(head?.data ?? []);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  return pngOf([{ type: Buffer.from('IHDR'), data }, ...rest]);
});

/** What begins like a picture that is read, and goes on as another kind. */
const disguised = fc
  .constantFrom<Uint8Array>(png.subarray(0, 8), Buffer.from([0xff, 0xd8, 0xff]), webp.subarray(0, 12))
  .chain((start) =>
    fc
      .constantFrom(
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="/etc/passwd"/></svg>',
        '%!PS\n',
        'GIF89a',
        '',
      )
      .map((rest) => Buffer.concat([start, Buffer.from(rest)])),
  );

function pictures(name: string, ...inputs: readonly fc.Arbitrary<Buffer>[]) {
  return fuzzed({
    name,
    inputs: fc.oneof(...inputs, disguised, anyBytes),
    read: async (bytes, folder) => {
      const path = join(folder, 'picture');
      writeFileSync(path, bytes);
      await checkPicture(path, bytes);
      const decoded = await decodeImage(path, 8);
      if (decoded.length !== 8 * 8 * 3) throw new Error(`decoded to ${decoded.length} bytes`);
    },
    memoryLimitBytes: 2 ** 30,
  });
}

export const pngPictures = pictures(
  'PNG',
  mutatedBytes(png),
  mutatedBytes(palette),
  changedChunk(png),
  changedChunk(palette),
  claimed,
);
export const jpegPictures = pictures('JPEG', mutatedBytes(jpeg), mutatedBytes(progressive));
export const webpPictures = pictures('WebP', mutatedBytes(webp), mutatedBytes(lossless));
