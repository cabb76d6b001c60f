import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readClipPreprocessing } from '../../src/cli/compose/read-clip-preprocessing.js';
import { loadTokenizer } from '../../src/data/tokenizer.js';
import { ClipModel } from '../../src/evaluation/clip-model.js';
import type { Picture } from '../../src/evaluation/picture.js';
import { clipKind } from '../../src/model/model-kind.js';
import { largestDifference, openHost } from './golden-models.js';
import { loadRuled } from './ruled-weights.js';

const goldenFolder = join(import.meta.dirname, '../golden');
const { captions, sizes, cases } = JSON.parse(
  readFileSync(join(goldenFolder, 'clip/golden.json'), 'utf8'),
) as {
  readonly captions: readonly string[];
  readonly sizes: readonly (readonly [height: number, width: number])[];
  readonly cases: Readonly<Record<string, { readonly texts: number[][]; readonly pictures: number[][] }>>;
};

/** As `picture` of test/golden/clip/make.py. */
function picture([height, width]: readonly [number, number]): Picture {
  const area = height * width;
  const pixels = Float32Array.from({ length: 3 * area }, (_, i) => {
    const [c, y, x] = [Math.floor(i / area), Math.floor((i % area) / width), i % width];
    const ramps = Math.floor((x * (3 + c) * 255) / width) ^ Math.floor((y * (2 + c) * 255) / height);
    return Math.floor(((ramps & 255) * (((width + c) % 3) + 1)) / 3) / 127.5 - 1;
  });
  return { height, width, pixels };
}

describe('a CLIP model laid out as published', () => {
  const host = openHost();
  afterAll(() => host.close());

  it.each(Object.entries(cases))(
    'like %s embeds captions and pictures of any size as transformers does',
    async (name, expected) => {
      const folder = join(goldenFolder, 'clip', name);
      const clip = await ClipModel.create({
        host,
        model: loadRuled(clipKind, folder),
        tokenizer: loadTokenizer(join(goldenFolder, 'data/tokenizer')),
        preprocessing: readClipPreprocessing(folder),
        batch: 2,
      });
      const texts = await clip.embedTexts(captions);
      expect(
        largestDifference(
          texts.flatMap((row) => [...row]),
          expected.texts.flat(),
        ),
      ).toBeLessThan(1e-5);
      const pictures = await clip.embedPictures(sizes.map(picture));
      expect(
        largestDifference(
          pictures.flatMap((row) => [...row]),
          expected.pictures.flat(),
        ),
      ).toBeLessThan(1e-5);
      await clip.release();
    },
  );
});
