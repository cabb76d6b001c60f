import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseClipPreprocessing, preprocessPicture } from '../../src/evaluation/clip-preprocessing.js';
import { resizeBicubic } from '../../src/evaluation/resize-bicubic.js';
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
  it('does what Pillow does', () => {
    for (const { from, values, to, resized } of golden.resized) {
      const plane = { height: from[0], width: from[1], values: Float32Array.from(values) };
      expect(largestDifference(resizeBicubic(plane, ...to).values, resized)).toBeLessThan(1e-6);
    }
  });

  it('keeps an even surface even', () => {
    const extent = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(extent, extent, extent, extent, (height, width, newHeight, newWidth) => {
        const plane = { height, width, values: new Float32Array(height * width).fill(0.25) };
        const { values } = resizeBicubic(plane, newHeight, newWidth);
        expect(values).toHaveLength(newHeight * newWidth);
        expect(largestDifference(values, new Float32Array(values.length).fill(0.25))).toBeLessThan(1e-6);
      }),
    );
  });
});

describe('preprocessing for CLIP', () => {
  it('does what transformers does, but for its rounding to whole pixel values', () => {
    for (const { height, width, pixels, config, prepared } of golden.prepared) {
      const area = height * width;
      const planes = Float32Array.from(
        { length: 3 * area },
        (_, k) => (pixels[3 * (k % area) + Math.floor(k / area)] ?? 0) / 127.5 - 1,
      );
      const how = parseClipPreprocessing(JSON.stringify(config));
      const found = preprocessPicture({ height, width, pixels: planes }, how, config.crop_size.height);
      expect(largestDifference(found, prepared)).toBeLessThan(1.2 / 255 / Math.min(...config.image_std));
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
    const pixels = Float32Array.from({ length: 12 }, (_, k) => k / 6 - 1);
    const found = preprocessPicture({ height: 2, width: 2, pixels }, how, 2);
    expect(
      largestDifference(
        found,
        pixels.map((value) => (value + 1) / 2),
      ),
    ).toBe(0);
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
