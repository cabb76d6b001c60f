import { describe, expect, test } from 'vitest';
import { originalArchitecture, removedBlocks } from '../../src/architecture/architecture.js';
import { canonicalForm, hashArchitecture } from '../../src/architecture/canonical-form.js';
import { randomArchitectures } from '../../src/latency/random-architectures.js';
import { original } from './small-unet.js';

const shares = { least: 0.15, most: 0.6 };

describe('random architectures', () => {
  test('are without more blocks one after the other, within the shares', () => {
    const counts = randomArchitectures(original, 8, shares, 0).map((each) => removedBlocks(each).length);
    expect(counts).toEqual(counts.toSorted((one, other) => one - other));
    for (const count of counts) {
      expect(count).toBeGreaterThanOrEqual(Math.round(0.15 * original.blocks.length));
      expect(count).toBeLessThanOrEqual(Math.round(0.6 * original.blocks.length));
    }
    expect(new Set(counts).size).toBeGreaterThan(4);
  });

  test('are the same for the same seed, and others for others', () => {
    const forms = (seed: number): string[] =>
      randomArchitectures(original, 6, shares, seed).map(canonicalForm);
    expect(forms(1)).toEqual(forms(1));
    expect(forms(1).filter((form) => forms(2).includes(form))).toEqual([]);
  });

  test('can be all there are between one block and everything removed, each once and never the original', () => {
    const counts = randomArchitectures(original, 13, { least: 0, most: 1 }, 0).map(
      (each) => removedBlocks(each).length,
    );
    expect([counts[0], counts.at(-1)]).toEqual([1, original.blocks.length]);
    const few = randomArchitectures(
      originalArchitecture('two', original.blocks.slice(0, 2)),
      9,
      { least: 0, most: 1 },
      0,
    );
    expect(new Set(few.map(hashArchitecture)).size).toBe(few.length);
    expect(few.length).toBeLessThanOrEqual(3);
  });
});
