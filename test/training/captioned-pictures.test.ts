import { describe, expect, it } from 'vitest';
import { gatherImages } from '../../src/data/packed-images.js';
import { WeightedChoice } from '../../src/training/batch-draws.js';
import { drawItems, gatherMirrored, requirePictures } from '../../src/training/captioned-pictures.js';
import { captionedPictures } from './picture-fixtures.js';

const pictures = captionedPictures(4, 3);
const choice = new WeightedChoice(pictures.weights);

describe('the items of a step', () => {
  it('depend on seed and step alone', () => {
    const draw = (seed: number, step: number): number[] => drawItems(choice, { seed, batch: 12 }, step);
    expect(draw(1, 2)).toEqual(draw(1, 2));
    expect(draw(1, 2)).not.toEqual(draw(1, 3));
    expect(draw(1, 2)).not.toEqual(draw(2, 2));
  });

  it('come in proportion to their weights', () => {
    const steps = Array.from({ length: 300 }, (_, step) => drawItems(choice, { seed: 1, batch: 10 }, step));
    const drawn = steps.flat();
    const shares = pictures.weights.map((_, item) => drawn.filter((each) => each === item).length / 3000);
    shares.forEach((share, item) => {
      const expected = item === 0 ? 3 / 6 : 1 / 6;
      expect(Math.abs(share - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / 3000));
    });
  });
});

describe('the pictures of a step', () => {
  const items = Array.from({ length: 400 }, (_, i) => i % 4);
  const gathered = gatherMirrored(pictures, items, 5, 6);
  const size = 3 * 3 * 3;
  const looks = (item: number, mirrored: boolean): string =>
    gatherImages(pictures.images, [{ index: item, mirrored }]).join();
  const found = items.map((item, i) => ({ item, look: gathered.subarray(i * size, (i + 1) * size).join() }));

  it('are mirrored in half of the draws where that means the same, and only there', () => {
    const mirrored = found.filter(({ item, look }) => look === looks(item, true));
    expect(mirrored.every(({ item }) => item % 2 === 0)).toBe(true);
    expect(Math.abs(mirrored.length / 200 - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 200));
    const plain = found.filter(({ item, look }) => look === looks(item, false));
    expect(plain.length + mirrored.length).toBe(items.length);
  });

  it('depend on seed and step alone', () => {
    expect(gatherMirrored(pictures, items, 5, 6)).toEqual(gathered);
    expect(gatherMirrored(pictures, items, 5, 7)).not.toEqual(gathered);
    expect(gatherMirrored(pictures, items, 6, 6)).not.toEqual(gathered);
  });

  it.each([
    { channels: 1, side: 3 },
    { channels: 3, side: 4 },
  ])('are refused to a model of $channels x $side x $side', (read) => {
    expect(() => requirePictures(pictures, { name: 'model', ...read })).toThrow(
      expect.objectContaining({ code: 'TRAINING_PICTURE_SIZE', where: 'model' }),
    );
    expect(() => requirePictures(pictures, { name: 'model', channels: 3, side: 3 })).not.toThrow();
  });
});
