import { describe, expect, it } from 'vitest';
import { presentBlocks, quantizeBlock, removeBlock } from '../../src/architecture/architecture.js';
import { hashArchitecture } from '../../src/architecture/canonical-form.js';
import { scoreInt8Blocks } from '../../src/evaluation/score-int8-blocks.js';
import type { Scorer } from '../../src/search/ports.js';
import { smallUnet } from '../support/architectures.js';

/** Int8 costs a tenth of the block's place, and captions differ. */
const scorer: Scorer = {
  score: ({ architecture, architectureHash, captions: { from, to } }) => {
    expect(architectureHash).toBe(hashArchitecture(architecture));
    const cost = architecture.blocks.reduce(
      (sum, { precision }, index) => sum + (precision === 'int8' ? (index + 1) / 10 : 0),
      0,
    );
    return Promise.resolve({ scores: Array.from({ length: to - from }, (_, caption) => caption - cost) });
  },
};

const mean = (values: readonly number[]): { value: number; low: number; high: number } => {
  const value = values.reduce((sum, each) => sum + each, 0) / values.length;
  return { value, low: Math.min(...values), high: Math.max(...values) };
};

describe('blocks on int8', () => {
  const removed = removeBlock(smallUnet, 'down_blocks.0.resnets.1');
  const architecture = quantizeBlock(removed, 'mid_block.resnets.1');
  const request = {
    type: 'score',
    architecture,
    architectureHash: hashArchitecture(architecture),
    weights: 'w',
    captions: { from: 0, to: 3 },
  } as const;

  it('are scored one at a time, each against the same captions of the architecture as it is', async () => {
    const told: string[] = [];
    const losses = await scoreInt8Blocks(scorer, request, mean, ({ block }) => told.push(block));
    const expected = presentBlocks(architecture).filter(({ precision }) => precision === undefined);
    expect(losses.map(({ block }) => block)).toEqual(expected.map(({ id }) => id));
    expect(told).toEqual(losses.map(({ block }) => block));
    for (const { block, clipLoss } of losses) {
      const index = architecture.blocks.findIndex(({ id }) => id === block);
      expect(clipLoss.value).toBeCloseTo((index + 1) / 10);
      expect(clipLoss.high - clipLoss.low).toBeCloseTo(0);
    }
  });
});
