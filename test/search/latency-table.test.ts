import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyBlock, quantizeBlock, removeBlock } from '../../src/architecture/architecture.js';
import { int8SavingMs, predictLatencyMs, savingMs } from '../../src/search/latency-table.js';
import { arbitraryArchitecture, smallUnet } from '../support/architectures.js';
import { exactly } from '../support/search-fakes.js';
import { calmWorld, trueLatencyMs } from '../support/simulated-world.js';

const table = smallUnet.blocks.map(({ id }) => ({
  block: id,
  presentMs: exactly(10),
  skippedMs: exactly(0),
  int8SavingMs: exactly(10 * calmWorld.int8.saves),
}));

describe('the latency table', () => {
  it('counts what is left of a skipped block', () => {
    const projecting = [{ block: 'a.b', presentMs: exactly(10), skippedMs: exactly(3) }];
    expect(savingMs(projecting, { id: 'a.b' }).value).toBe(7);
  });

  it('gives a copy what its root costs', () => {
    const copied = copyBlock(smallUnet, 'mid_block.resnets.0');
    expect(predictLatencyMs(table, 100, copied)).toBe(110);
    expect(predictLatencyMs(table, 100, removeBlock(copied, 'mid_block.resnets.0'))).toBe(100);
  });

  it('predicts exactly where costs add up', () => {
    const originalMs = trueLatencyMs(calmWorld, smallUnet);
    fc.assert(
      fc.property(arbitraryArchitecture, (architecture) => {
        const predicted = predictLatencyMs(table, originalMs, architecture);
        expect(predicted).toBeCloseTo(trueLatencyMs(calmWorld, architecture), 9);
      }),
    );
  });

  it('counts less for a block on int8', () => {
    const [block] = smallUnet.blocks;
    const quantized = quantizeBlock(smallUnet, block?.id ?? '');
    expect(predictLatencyMs(table, 100, quantized)).toBe(96);
    expect(int8SavingMs(table, { id: block?.id ?? '' }).value).toBe(4);
    expect(savingMs(table, { id: block?.id ?? '', precision: 'int8' }).value).toBe(6);
    const unmeasured = [{ block: 'a.b', presentMs: exactly(10), skippedMs: exactly(3) }];
    expect(() => int8SavingMs(unmeasured, { id: 'a.b' })).toThrow(
      expect.objectContaining({ code: 'SEARCH_TABLE_INCOMPLETE' }),
    );
  });

  it('says which block it lacks', () => {
    expect(() => savingMs([], { id: 'a.b' })).toThrow(
      expect.objectContaining({ code: 'SEARCH_TABLE_INCOMPLETE', where: 'a.b' }),
    );
  });
});
