import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { layOutSheet, renderContactSheet } from '../../src/report/contact-sheet.js';

const size = { widthPx: 4, heightPx: 3 };

/** A picture whose every pixel is its own colour. */
function gradient(seed: number): Uint8Array {
  return Uint8Array.from({ length: 36 }, (_, at) => (seed * 40 + at * 5) % 256);
}

describe('renderContactSheet', () => {
  it('shows every pixel of every picture, enlarged without smoothing', async () => {
    const images = [0, 1, 2].map((seed) => ({ pixels: gradient(seed), caption: `picture ${seed}` }));
    const options = { ...size, columns: 2, title: 'Three pictures', headings: [], scale: 16 };
    const sheet = renderContactSheet(images, options);
    const layout = layOutSheet(3, options);
    const { data, info } = await sharp(sheet).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([layout.widthPx, layout.heightPx]);
    images.forEach(({ pixels }, index) => {
      const cell = layout.cells[index] ?? { left: 0, top: 0 };
      for (let y = 0; y < 3; y++) {
        for (let x = 0; x < 4; x++) {
          const at = 3 * ((cell.top + 16 * y + 8) * info.width + cell.left + 16 * x + 8);
          expect([...data.subarray(at, at + 3)]).toEqual([
            ...pixels.subarray(3 * (4 * y + x), 3 * (4 * y + x) + 3),
          ]);
        }
      }
    });
  });

  it('writes the captions', async () => {
    const options = { ...size, scale: 32 };
    const inkOf = async (caption: string): Promise<number> => {
      const sheet = renderContactSheet([{ pixels: new Uint8Array(36).fill(255), caption }], options);
      const data = await sharp(sheet).removeAlpha().raw().toBuffer();
      return data.filter((value) => value < 100).length;
    };
    expect(await inkOf('')).toBe(0);
    expect(await inkOf('red heart')).toBeGreaterThan(300);
  });

  it('writes a heading above each column, and makes room for it', async () => {
    const images = [0, 1].map(() => ({ pixels: new Uint8Array(36).fill(255), caption: '' }));
    const options = { ...size, scale: 32, columns: 2, headings: ['before', ''] };
    const { data, info } = await sharp(renderContactSheet(images, options))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { headings, cells } = layOutSheet(2, { ...options, title: '' });
    expect(headings.map(({ left }) => left)).toEqual(cells.map(({ left }) => left));
    const inkAbove = ({ left, top }: { left: number; top: number }, to: number): number => {
      let dark = 0;
      for (let y = top; y < to; y++) {
        for (let x = left; x < left + 4 * 32; x++)
          dark += (data[3 * (y * info.width + x)] ?? 255) < 100 ? 1 : 0;
      }
      return dark;
    };
    const [before, none] = headings.map((heading, column) => inkAbove(heading, cells[column]?.top ?? 0));
    expect(before).toBeGreaterThan(100);
    expect(none).toBe(0);
  });

  it('refuses a picture of another size, naming it', () => {
    const image = { pixels: new Uint8Array(35), caption: 'red heart' };
    const details = { code: 'REPORT_IMAGE_SIZE', where: 'red heart' };
    expect(() => renderContactSheet([image], size)).toThrow(expect.objectContaining(details));
  });

  it('makes a sheet of no pictures', () => {
    expect(renderContactSheet([], size).length).toBeGreaterThan(50);
  });
});

describe('layOutSheet', () => {
  it('fills rows and is no wider than its pictures need', () => {
    const options = { widthPx: 10, heightPx: 10, columns: 4, title: '', headings: [], scale: 1 };
    const wide = layOutSheet(9, options);
    expect(new Set(wide.cells.map(({ left }) => left)).size).toBe(4);
    expect(new Set(wide.cells.map(({ top }) => top)).size).toBe(3);
    expect(layOutSheet(2, options).widthPx).toBeLessThan(wide.widthPx);
    const last = wide.cells[8] ?? { left: 0, top: 0 };
    expect(last.top + 10).toBeLessThan(wide.heightPx);
  });
});
