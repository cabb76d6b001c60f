import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { checkPicture } from '../../src/data/check-picture.js';
import { decodeImage } from '../../src/data/decode-image.js';
import { isWholePicture } from '../../src/data/is-whole-picture.js';
import { folderWith } from './fixtures.js';
import { wronglyCompressed } from './png-chunks.js';

const side = 40;
const pixels = Buffer.from(Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * i * 7) % 251));
const source = sharp(pixels, { raw: { width: side, height: side, channels: 3 } });
const pictures = Object.entries({
  PNG: await source.clone().png().toBuffer(),
  'interlaced PNG': await source.clone().png({ palette: true, progressive: true }).toBuffer(),
  JPEG: await source
    .clone()
    .withExif({ IFD0: { Copyright: 'x' } })
    .jpeg()
    .toBuffer(),
  'progressive JPEG': await source.clone().jpeg({ progressive: true }).toBuffer(),
  WebP: await source.clone().webp().toBuffer(),
  'lossless WebP': await source.clone().webp({ lossless: true }).toBuffer(),
});

const path = 'a picture';
const isRefused = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => false,
    () => true,
  );

describe.each(pictures)('%s', (_, whole) => {
  it('is whole, also with something behind it', () => {
    expect(isWholePicture(whole)).toBe(true);
    expect(isWholePicture(Buffer.concat([whole, Buffer.from('and more')]))).toBe(true);
  });

  it('is refused wherever it was cut short, if the decoder refuses it', async () => {
    const places = Array.from({ length: 60 }, (_, i) => Math.floor((i * whole.length) / 60));
    for (const place of [...places, whole.length - 1]) {
      const cut = whole.subarray(0, place);
      expect(isWholePicture(cut), `cut at ${place}`).toBe(false);
      const [early, late] = await Promise.all([
        isRefused(checkPicture(path, cut)),
        isRefused(decodeImage(path, 64, cut)),
      ]);
      expect(early, `cut at ${place}`).toBe(late);
    }
  });
});

it('finds each changed byte of a PNG, and leaves the last word to the decoder', async () => {
  const [[, png]] = pictures as [[string, Buffer]];
  for (let place = 8; place < png.length; place += 97) {
    const changed = Buffer.from(png);
    changed[place] = (changed[place] ?? 0) ^ 1;
    expect(isWholePicture(changed), `changed at ${place}`).toBe(false);
    expect(await isRefused(checkPicture(path, changed))).toBe(
      await isRefused(decodeImage(path, 64, changed)),
    );
  }
});

it.each([
  ['another kind', Buffer.from('GIF89a'), 'expected a file of PNG, JPEG, WebP'],
  ['nothing', Buffer.alloc(0), 'expected a file of PNG, JPEG, WebP'],
])('refuses %s', async (_, bytes, words) => {
  await expect(checkPicture(path, bytes)).rejects.toMatchObject({
    code: 'DATA_UNREADABLE',
    where: path,
    message: expect.stringContaining(words) as string,
    hint: expect.stringContaining('whole copy') as string,
  });
});

it('refuses more pixels than are decoded', async () => {
  const blank = { create: { width: 7001, height: 7001, channels: 3, background: 'red' } } as const;
  const bytes = await sharp(blank).jpeg().toBuffer();
  expect(isWholePicture(bytes)).toBe(true);
  await expect(checkPicture(path, bytes)).rejects.toThrow(
    'expected at most 65535 pixels a side and 49000000 in all',
  );
});

it('refuses a picture wider than any camera’s, which takes the decoder many times the memory of its pixels', async () => {
  const narrow = await sharp({ create: { width: 24, height: 24, channels: 4, background: 'red' } })
    .png()
    .toBuffer();
  const wide = Buffer.from(narrow);
  wide.writeUInt32BE(1_728_854, 16);
  wide.writeUInt32BE(crc32(wide.subarray(12, 29)), 29);
  await expect(checkPicture(path, wide)).rejects.toThrow('found 1728854 x 24');
});

it('leaves pixels that were compressed wrongly to the decoder, which names the file', async () => {
  const bytes = wronglyCompressed(pictures[0]?.[1] ?? Buffer.alloc(0));
  const file = join(folderWith({ 'a.png': bytes }), 'a.png');
  await checkPicture(file, bytes);
  await expect(decodeImage(file, 8)).rejects.toMatchObject({
    code: 'DATA_UNREADABLE',
    where: file,
    hint: expect.stringContaining('resume --force') as string,
  });
});
