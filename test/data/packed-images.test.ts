import { execFileSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { loadEmojiDataset } from '../../src/data/emoji-dataset.js';
import { gatherImages, packImages } from '../../src/data/packed-images.js';
import { folderWith } from './fixtures.js';

/** Two by two: red, green / blue, half-transparent black. */
const rgba = Uint8Array.of(255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 0, 0, 0, 128);

async function png(
  pixels: Uint8Array,
  width: number,
  height: number,
  channels: 1 | 2 | 3 | 4,
): Promise<Buffer> {
  return sharp(pixels, { raw: { width, height, channels } }).png().toBuffer();
}

describe('packImages', () => {
  it('puts channels first and transparent pictures on white', async () => {
    const folder = folderWith({ 'a.png': await png(rgba, 2, 2, 4) });
    const { count, size, pixels } = await packImages([join(folder, 'a.png')], 2);
    expect([count, size]).toEqual([1, 2]);
    expect([...pixels]).toEqual([255, 0, 0, 127, 0, 255, 0, 127, 0, 0, 255, 127]);
  });

  it('gives grey and sixteen-bit pictures three channels of eight bits', async () => {
    const grey = await png(Uint8Array.of(0, 100, 200, 255), 2, 2, 1);
    const deep = await sharp(grey).toColourspace('rgb16').png().toBuffer();
    const folder = folderWith({ 'grey.png': grey, 'deep.png': deep });
    const { pixels } = await packImages([join(folder, 'grey.png'), join(folder, 'deep.png')], 2);
    const once = [0, 100, 200, 255];
    expect([...pixels]).toEqual([...once, ...once, ...once, ...once, ...once, ...once]);
  });

  it('crops the middle square of other shapes', async () => {
    const row = Uint8Array.of(1, 1, 1, 50, 50, 50, 50, 50, 50, 9, 9, 9);
    const folder = folderWith({ 'wide.png': await png(Uint8Array.from([...row, ...row]), 4, 2, 3) });
    const { pixels } = await packImages([join(folder, 'wide.png')], 2);
    expect([...pixels]).toEqual(Array.from({ length: 12 }, () => 50));
  });

  it('keeps the order of the files', async () => {
    const files = Array.from(
      { length: 150 },
      async (_, i) => [`${i}.png`, await png(Uint8Array.of(i), 1, 1, 1)] as const,
    );
    const folder = folderWith(Object.fromEntries(await Promise.all(files)));
    const { pixels } = await packImages(
      Array.from({ length: 150 }, (_, i) => join(folder, `${i}.png`)),
      1,
    );
    expect(Array.from({ length: 150 }, (_, i) => pixels[3 * i])).toEqual(
      Array.from({ length: 150 }, (_, i) => i),
    );
  });

  it('names a file that is no picture', async () => {
    const path = join(folderWith({ 'a.png': 'text' }), 'a.png');
    await expect(packImages([path], 2)).rejects.toMatchObject({ code: 'DATA_UNREADABLE', where: path });
  });

  describe('of strangers', () => {
    const refused = async (name: string, make: (path: string) => void | Promise<void>): Promise<string> => {
      const path = join(folderWith({ 'other.png': 'text' }), name);
      await make(path);
      const error: unknown = await packImages([path], 8).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'DATA_UNREADABLE', where: path, fault: 'user' });
      return (error as Error).message;
    };
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>';

    it.skipIf(process.platform === 'win32')('are not waited for where they are pipes', async () => {
      const message = await refused('a.png', (path) => {
        execFileSync('mkfifo', [path]);
      });
      expect(message).toContain('a named pipe');
    });

    it.each([
      ['an SVG, which may name further files', Buffer.from(svg)],
      ['a TIFF', Buffer.from('II*\0', 'latin1')],
      ['a GIF', Buffer.from('GIF89a', 'latin1')],
      ['nothing', Buffer.alloc(0)],
    ])('are PNG, JPEG or WebP, not %s', async (_, bytes) => {
      const message = await refused('a.png', (path) => {
        writeFileSync(path, bytes);
      });
      expect(message).toContain('expected a file of PNG, JPEG, WebP');
    });

    it('are not decoded when few bytes stand for many pixels', async () => {
      const bomb = sharp({ create: { width: 7001, height: 7001, channels: 3, background: 'red' } });
      const message = await refused('bomb.png', async (path) => {
        await bomb.png({ progressive: true }).toFile(path);
      });
      expect(message).toContain('expected at most 65535 pixels a side and 49000000 in all');
    });

    it('are not read when there is more of them than a camera makes', async () => {
      const message = await refused('a.png', (path) => {
        writeFileSync(path, '');
        truncateSync(path, 2 ** 26 + 1);
      });
      expect(message).toContain('expected at most 67108864 bytes');
    });

    it.each(['jpeg', 'webp'] as const)('may be %s', async (format) => {
      const bytes = await sharp({ create: { width: 9, height: 8, channels: 3, background: 'white' } })
        .toFormat(format)
        .toBuffer();
      const { pixels } = await packImages([join(folderWith({ a: bytes }), 'a')], 8);
      expect(Math.min(...pixels)).toBeGreaterThan(250);
    });
  });

  it('reads the whole emoji set, in which no picture repeats another', async () => {
    const { pixels, count } = await packImages(
      loadEmojiDataset().map(({ imagePath }) => imagePath),
      64,
    );
    const length = 3 * 64 * 64;
    const distinct = new Set(
      Array.from({ length: count }, (_, i) =>
        Buffer.from(pixels.buffer, i * length, length).toString('latin1'),
      ),
    );
    expect(distinct.size).toBe(1618);
  });
});

describe('gatherImages', () => {
  const images = { count: 2, size: 2, pixels: Uint8Array.from({ length: 24 }, (_, i) => i * 11) };
  const scaled = (value: number) => Math.fround(value / 127.5 - 1);

  it('scales 0 to -1 and 255 to 1', () => {
    const ends = { count: 1, size: 1, pixels: Uint8Array.of(0, 255, 51) };
    expect([...gatherImages(ends, [{ index: 0 }])]).toEqual([-1, 1, scaled(51)]);
  });

  it('copies the pictures chosen, mirrored left to right where asked', () => {
    const batch = gatherImages(images, [{ index: 1 }, { index: 0, mirrored: true }]);
    const straight = [12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23];
    const mirrored = [1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10];
    expect([...batch]).toEqual([...straight, ...mirrored].map((value) => scaled(value * 11)));
  });

  it('fills an array it is given', () => {
    const out = new Float32Array(12);
    expect(gatherImages(images, [{ index: 1 }], out)).toBe(out);
    expect(out[0]).toBe(scaled(132));
  });
});
