import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Block } from '../../src/architecture/block.js';
import { drawUniform, WeightedChoice, type DrawStream } from '../../src/training/batch-draws.js';
import { drawCaptions } from '../../src/training/captioned-pictures.js';
import { averageDecayAt, cosineLearningRate } from '../../src/training/learning-rate.js';
import { drawGates } from '../../src/training/skip-draws.js';

const streams: readonly DrawStream[] = ['items', 'captions', 'noise', 'timesteps', 'emptyCaptions', 'skips'];

describe('draws of a training step', () => {
  it('depend on seed, step and stream alone, and a longer draw begins with the shorter', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.nat(),
        fc.constantFrom(...streams),
        fc.nat(50),
        fc.nat(50),
        (seed, step, stream, a, b) => {
          const shorter = drawUniform(seed, step, stream, Math.min(a, b));
          const longer = drawUniform(seed, step, stream, Math.max(a, b));
          expect([...longer.slice(0, shorter.length)]).toEqual([...shorter]);
          longer.forEach((draw) => expect(draw >= 0 && draw < 1).toBe(true));
        },
      ),
    );
  });

  it('differ between seeds, steps and streams', () => {
    const drawn = [
      ...streams.map((stream) => drawUniform(1, 1, stream, 4)),
      drawUniform(1, 2, 'items', 4),
      drawUniform(2, 1, 'items', 4),
    ];
    expect(new Set(drawn.map((draws) => draws.join())).size).toBe(drawn.length);
  });

  it('choose items in proportion to their weights, never one of weight zero', () => {
    const choice = new WeightedChoice([1, 0, 3, 0]);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 4000; i++) {
      const chosen = choice.at(i / 4000);
      counts[chosen] = (counts[chosen] ?? 0) + 1;
    }
    expect(counts).toEqual([1000, 0, 3000, 0]);
  });

  it('leave captions empty in the share asked for', () => {
    const captions = Array.from({ length: 10 }, (_, i) => [Int32Array.of(i + 1, 0), Int32Array.of(i + 1, 1)]);
    const data = { captions, emptyCaption: Int32Array.of(99, 99) };
    const items = Array.from({ length: 2000 }, (_, i) => i % 10);
    const ids = drawCaptions(data, items, { seed: 3, step: 1, emptyShare: 0.1 });
    const rows = items.map((item, i) => ({ item, first: ids[2 * i] ?? -1, second: ids[2 * i + 1] ?? -1 }));
    const empty = rows.filter(({ first }) => first === 99).length;
    expect(Math.abs(empty / 2000 - 0.1)).toBeLessThan(4 * Math.sqrt((0.1 * 0.9) / 2000));
    expect(rows.every(({ item, first }) => first === 99 || first === item + 1)).toBe(true);
    const second = rows.filter((row) => row.second === 1).length;
    expect(Math.abs(second / (2000 - empty) - 0.5)).toBeLessThan(0.05);
  });
});

const blocks: readonly Block[] = [
  { id: 'a.attentions.0', kind: 'cross-attention', stage: 'a', changesChannels: false },
  { id: 'a.resnets.0', kind: 'resnet', stage: 'a', changesChannels: false },
];
const probability = { 'cross-attention': 0.4, resnet: 0.1 };

/** Shares of the steps in which the blocks are left out. */
function skippedShares(rampSteps: number, from: number, steps: number): number[] {
  const counts = [0, 0];
  for (let step = from; step < from + steps; step++) {
    drawGates(blocks, { probability, rampSteps }, 7, step).data.forEach((runs, i) => {
      if (Number(runs) === 0) counts[i] = (counts[i] ?? 0) + 1;
    });
  }
  return counts.map((count) => count / steps);
}

describe('which blocks a step of robust training leaves out', () => {
  it('follows the probability of their kind', () => {
    const [attention = 1, resnet = 1] = skippedShares(0, 1, 4000);
    expect(Math.abs(attention - 0.4)).toBeLessThan(4 * Math.sqrt((0.4 * 0.6) / 4000));
    expect(Math.abs(resnet - 0.1)).toBeLessThan(4 * Math.sqrt((0.1 * 0.9) / 4000));
  });

  it('rises to it over the ramp, in a straight line', () => {
    const [attention = 1] = skippedShares(4000, 1, 4000);
    expect(Math.abs(attention - 0.2)).toBeLessThan(0.03);
    const [early = 1] = skippedShares(4000, 1, 400);
    expect(early).toBeLessThan(0.06);
    const [late = 0] = skippedShares(4000, 4000, 2000);
    expect(Math.abs(late - 0.4)).toBeLessThan(4 * Math.sqrt((0.4 * 0.6) / 2000));
  });

  it('depends on seed and step alone', () => {
    const settings = { probability, rampSteps: 0 };
    const many = Array.from({ length: 20 }, () => blocks[0] as Block);
    expect(drawGates(many, settings, 1, 5)).toEqual(drawGates(many, settings, 1, 5));
    expect(drawGates(many, settings, 1, 5)).not.toEqual(drawGates(many, settings, 1, 6));
    expect(drawGates(many, settings, 1, 5)).not.toEqual(drawGates(many, settings, 2, 5));
  });

  it('is none at probability 0, all at 1', () => {
    const at = (share: number): number[] => {
      const settings = { probability: { 'cross-attention': share, resnet: share }, rampSteps: 0 };
      return Array.from(drawGates(blocks, settings, 1, 1).data, Number);
    };
    expect(at(0)).toEqual([1, 1]);
    expect(at(1)).toEqual([0, 0]);
  });
});

describe('the learning rate', () => {
  const settings = { peak: 0.01, warmUpSteps: 10, totalSteps: 110, finalShare: 0.1 };

  it('rises linearly, stands at its peak after the warm-up, falls along half a cosine to its share', () => {
    expect(cosineLearningRate(settings, 1)).toBeCloseTo(0.001, 12);
    expect(cosineLearningRate(settings, 5)).toBeCloseTo(0.005, 12);
    expect(cosineLearningRate(settings, 10)).toBe(0.01);
    expect(cosineLearningRate(settings, 60)).toBeCloseTo(0.0055, 12);
    expect(cosineLearningRate(settings, 110)).toBeCloseTo(0.001, 12);
    expect(cosineLearningRate(settings, 500)).toBeCloseTo(0.001, 12);
  });

  it('needs no warm-up, and never leaves its bounds', () => {
    expect(cosineLearningRate({ ...settings, warmUpSteps: 0 }, 1)).toBeCloseTo(0.01, 5);
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 300 }),
        (warm, total, step) => {
          const rate = cosineLearningRate({ ...settings, warmUpSteps: warm, totalSteps: total }, step);
          expect(rate).toBeGreaterThan(0);
          expect(rate).toBeLessThanOrEqual(0.01);
        },
      ),
    );
  });
});

describe("the average's decay", () => {
  it('grows from short to the longest allowed', () => {
    expect(averageDecayAt(1, 0.999)).toBeCloseTo(2 / 11, 12);
    expect(averageDecayAt(90, 0.999)).toBeCloseTo(0.91, 12);
    expect(averageDecayAt(1e6, 0.999)).toBe(0.999);
  });
});
