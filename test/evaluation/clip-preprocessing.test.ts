import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseClipPreprocessing, preprocessPicture } from '../../src/evaluation/clip-preprocessing.js';
import { bicubicMatrix, resizeBicubic } from '../../src/evaluation/resize-bicubic.js';
import { largestDifference } from './golden-models.js';

type Extent = readonly [height: number, width: number];
const golden = JSON.parse(
  readFileSync(new URL('../golden/evaluation/preprocessing.json', import.meta.url), 'utf8'),
) as {
  readonly resized: readonly { from: Extent; values: number[]; to: Extent; resized: number[] }[];
  readonly prepared: readonly {
    height: number;
    width: number;
    pixels: number[];
    config: { crop_size: { height: number }; image_std: number[] };
    prepared: number[];
  }[];
};

describe('bicubic resizing', () => {
  it('does what Pillow does, to the last bit', () => {
    for (const { from, values, to, resized } of golden.resized) {
      const plane = { height: from[0], width: from[1], values: Uint8ClampedArray.from(values) };
      expect([...resizeBicubic(plane, ...to).values]).toEqual(resized);
    }
  });

  it('is a matrix times each row, but for rounding and cutting off', () => {
    const bytes = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 12 }), (values, width) => {
        const plane = { height: 1, width: values.length, values: Uint8ClampedArray.from(values) };
        const matrix = bicubicMatrix(values.length, width);
        const resized = [...resizeBicubic(plane, 1, width).values];
        resized.forEach((value, column) => {
          const exact = values.reduce(
            (sum, each, row) => sum + each * (matrix[row * width + column] ?? NaN),
            0,
          );
          expect(Math.abs(Math.min(255, Math.max(0, exact)) - value)).toBeLessThan(0.501);
        });
      }),
    );
  });

  it('keeps an even surface even', () => {
    const extent = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(extent, extent, extent, extent, (height, width, newHeight, newWidth) => {
        const plane = { height, width, values: new Uint8ClampedArray(height * width).fill(99) };
        const { values } = resizeBicubic(plane, newHeight, newWidth);
        expect(values).toHaveLength(newHeight * newWidth);
        expect(values.every((value) => value === 99)).toBe(true);
      }),
    );
  });
});

describe('preprocessing for CLIP', () => {
  it('does what transformers does', () => {
    for (const { height, width, pixels, config, prepared } of golden.prepared) {
      const area = height * width;
      const planes = Float32Array.from(
        { length: 3 * area },
        (_, k) => (pixels[3 * (k % area) + Math.floor(k / area)] ?? 0) / 127.5 - 1,
      );
      const how = parseClipPreprocessing(JSON.stringify(config));
      const found = preprocessPicture({ height, width, pixels: planes }, how, config.crop_size.height);
      expect(largestDifference(found, prepared)).toBeLessThan(1e-6);
    }
  });

  it('takes the defaults of transformers', () => {
    expect(parseClipPreprocessing('{}')).toEqual({
      resizeTo: 224,
      crop: { height: 224, width: 224 },
      mean: [0.48145466, 0.4578275, 0.40821073],
      deviation: [0.26862954, 0.26130258, 0.27577711],
    });
  });

  it('leaves out what is switched off', () => {
    const how = parseClipPreprocessing('{"do_resize":false,"do_center_crop":false,"do_normalize":false}');
    const bytes = Array.from({ length: 12 }, (_, k) => 23 * k);
    const pixels = Float32Array.from(bytes, (byte) => byte / 127.5 - 1);
    const found = preprocessPicture({ height: 2, width: 2, pixels }, how, 2);
    const expected = bytes.map((byte) => byte / 255);
    expect(largestDifference(found, expected)).toBeLessThan(1e-7);
  });

  it('says when it does not lead to what the model reads', () => {
    const how = parseClipPreprocessing('{"size":4,"crop_size":3}');
    const picture = { height: 4, width: 4, pixels: new Float32Array(48) };
    expect(() => preprocessPicture(picture, how, 4)).toThrow(
      expect.objectContaining({ code: 'CLIP_IMAGE_SIZE' }),
    );
  });

  it.each(['{"resample":2}', '{"rescale_factor":1}', '{"image_std":[0,1,1]}', '{"do_pad":true}'])(
    'refuses %s',
    (text) => {
      expect(() => parseClipPreprocessing(text)).toThrow(
        expect.objectContaining({ code: 'MODEL_CONFIG_UNSUPPORTED' }),
      );
    },
  );
});
