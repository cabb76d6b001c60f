import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyBlock, removeBlock } from '../../src/architecture/architecture.js';
import { predictLatencyMs, savingMs } from '../../src/search/latency-table.js';
import { arbitraryArchitecture, smallUnet } from '../support/architectures.js';
import { exactly } from '../support/search-fakes.js';
import { calmWorld, trueLatencyMs } from '../support/simulated-world.js';

const table = smallUnet.blocks.map(({ id }) => ({
  block: id,
  presentMs: exactly(10),
  skippedMs: exactly(0),
}));

describe('the latency table', () => {
  it('counts what is left of a skipped block', () => {
    const projecting = [{ block: 'a.b', presentMs: exactly(10), skippedMs: exactly(3) }];
    expect(savingMs(projecting, 'a.b').value).toBe(7);
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

  it('says which block it lacks', () => {
    expect(() => savingMs([], 'a.b')).toThrow(
      expect.objectContaining({ code: 'SEARCH_TABLE_INCOMPLETE', where: 'a.b' }),
    );
  });
});
