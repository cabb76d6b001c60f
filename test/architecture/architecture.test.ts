import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeAction } from '../../src/architecture/action.js';
import {
  applyAction,
  applyActions,
  copyBlock,
  inFullPrecision,
  int8Blocks,
  isPresent,
  originalArchitecture,
  presentBlocks,
  quantizeBlock,
  removeBlock,
  restoreBlock,
} from '../../src/architecture/architecture.js';
import type { Architecture } from '../../src/architecture/architecture.js';
import {
  arbitraryArchitecture,
  arbitraryWalk,
  smallUnet,
  smallUnetBlocks,
} from '../support/architectures.js';

const ATTENTION = 'down_blocks.0.attentions.0';

function ids(architecture: Architecture): string[] {
  return architecture.blocks.map((block) => block.id);
}

describe('an architecture', () => {
  it('starts with every block present', () => {
    expect(presentBlocks(smallUnet).map(({ id }) => id)).toEqual(smallUnetBlocks.map(({ id }) => id));
  });

  it('keeps a removed block, skipped, in its place', () => {
    const without = removeBlock(smallUnet, ATTENTION);
    expect(ids(without)).toEqual(ids(smallUnet));
    expect(isPresent(without, ATTENTION)).toBe(false);
    expect(isPresent(smallUnet, ATTENTION)).toBe(true);
  });

  it('names copies by their root and puts each right after what it was copied from', () => {
    const twice = copyBlock(copyBlock(smallUnet, ATTENTION), `${ATTENTION}+1`);
    expect(ids(twice).slice(1, 4)).toEqual([ATTENTION, `${ATTENTION}+1`, `${ATTENTION}+2`]);
    expect(ids(copyBlock(twice, ATTENTION)).slice(1, 4)).toEqual([
      ATTENTION,
      `${ATTENTION}+3`,
      `${ATTENTION}+1`,
    ]);
    expect(twice.blocks[3]?.source).toBe(`${ATTENTION}+1`);
  });

  it('drops a removed copy, and hands its copies on to its own source', () => {
    const chain = applyActions(smallUnet, [
      { type: 'copy', block: ATTENTION },
      { type: 'copy', block: `${ATTENTION}+1` },
      { type: 'remove', block: `${ATTENTION}+1` },
    ]);
    expect(ids(chain).slice(1, 3)).toEqual([ATTENTION, `${ATTENTION}+2`]);
    expect(chain.blocks[2]?.source).toBe(ATTENTION);
  });

  it('keeps a copy whose root is removed', () => {
    const without = removeBlock(copyBlock(smallUnet, ATTENTION), ATTENTION);
    expect(isPresent(without, `${ATTENTION}+1`)).toBe(true);
    expect(isPresent(without, ATTENTION)).toBe(false);
  });

  it.each([
    ['removing twice', () => removeBlock(removeBlock(smallUnet, ATTENTION), ATTENTION)],
    ['restoring what is present', () => restoreBlock(smallUnet, ATTENTION)],
    ['copying what is removed', () => copyBlock(removeBlock(smallUnet, ATTENTION), ATTENTION)],
    ['copying what changes channels', () => copyBlock(smallUnet, 'up_blocks.0.resnets.0')],
  ])('refuses %s', (_what, act) => {
    expect(act).toThrow(expect.objectContaining({ code: 'ARCHITECTURE_ACTION_INVALID' }));
  });

  it.each(['toString', `${ATTENTION}+1`, ''])('knows no block "%s"', (id) => {
    expect(() => removeBlock(smallUnet, id)).toThrow(
      expect.objectContaining({ code: 'ARCHITECTURE_BLOCK_UNKNOWN' }),
    );
  });

  it('has blocks of int8, whose copies are too, until they are removed', () => {
    const quantized = quantizeBlock(smallUnet, ATTENTION);
    expect(['down_blocks.0.resnets.0', ATTENTION].map(int8Blocks(quantized))).toEqual([false, true]);
    expect(int8Blocks(copyBlock(quantized, ATTENTION))(`${ATTENTION}+1`)).toBe(true);
    expect(inFullPrecision(quantized)).toEqual(smallUnet);
    const removed = removeBlock(quantized, ATTENTION);
    expect(removed).toEqual(removeBlock(smallUnet, ATTENTION));
    expect(restoreBlock(removed, ATTENTION)).toEqual(smallUnet);
    for (const architecture of [quantized, removed]) {
      expect(() => quantizeBlock(architecture, ATTENTION)).toThrow(
        expect.objectContaining({ code: 'ARCHITECTURE_ACTION_INVALID' }),
      );
    }
  });

  it('is frozen all the way down', () => {
    fc.assert(
      fc.property(arbitraryArchitecture, (architecture) => {
        expect([architecture, architecture.blocks, ...architecture.blocks].every(Object.isFrozen)).toBe(true);
      }),
    );
  });

  it('refuses malformed originals', () => {
    const [first, second] = smallUnetBlocks;
    if (first === undefined || second === undefined) throw new Error('the small UNet has blocks');
    const middle = { ...first, id: 'mid_block.resnets.0', stage: 'mid_block' };
    for (const blocks of [
      [first, first],
      [{ ...first, id: 'down_blocks.0.resnets 0' }],
      [{ ...first, stage: 'up_blocks.0' }],
      [first, middle, second],
      [{ ...first, id: `${first.id}+1` }],
    ]) {
      expect(() => originalArchitecture('base', blocks)).toThrow(
        expect.objectContaining({ code: 'ARCHITECTURE_INVALID' }),
      );
    }
    expect(() => originalArchitecture('two words', [first])).toThrow(
      expect.objectContaining({ code: 'ARCHITECTURE_INVALID' }),
    );
  });
});

describe('actions', () => {
  it('restore undoes remove of a block in full precision', () => {
    fc.assert(
      fc.property(arbitraryArchitecture, fc.nat(), (architecture, choice) => {
        const candidates = presentBlocks(architecture).filter(
          ({ source, precision }) => source === undefined && precision === undefined,
        );
        const block = candidates[choice % Math.max(1, candidates.length)];
        if (block === undefined) return;
        expect(restoreBlock(removeBlock(architecture, block.id), block.id)).toEqual(architecture);
      }),
    );
  });

  it('removing the copy undoes copy', () => {
    fc.assert(
      fc.property(arbitraryWalk(), ({ actions, end }) => {
        const last = actions.at(-1);
        if (last?.type !== 'copy') return;
        const before = applyActions(smallUnet, actions.slice(0, -1));
        const [added] = ids(end).filter((id) => !ids(before).includes(id));
        expect(removeBlock(end, added ?? '')).toEqual(before);
      }),
    );
  });

  it('remove blocks in any order to the same end', () => {
    const subset = arbitraryArchitecture.chain((architecture) => {
      const present = presentBlocks(architecture).map(({ id }) => id);
      return fc.tuple(
        fc.constant(architecture),
        fc.subarray(present).chain((part) => fc.tuple(fc.constant(part), shuffled(part))),
      );
    });
    fc.assert(
      fc.property(subset, ([architecture, [some, reordered]]) => {
        expect(some.reduce(removeBlock, architecture)).toEqual(reordered.reduce(removeBlock, architecture));
      }),
    );
  });

  it('replay to the same architecture', () => {
    fc.assert(
      fc.property(arbitraryWalk(), ({ actions, end }) => {
        expect(actions.reduce(applyAction, smallUnet)).toEqual(end);
      }),
    );
  });

  it('are described in words', () => {
    expect(describeAction({ type: 'copy', block: ATTENTION })).toBe(`copy ${ATTENTION}`);
    expect(describeAction([])).toBe('no change');
    expect(
      describeAction([
        { type: 'remove', block: 'a' },
        { type: 'restore', block: 'b' },
      ]),
    ).toBe('remove a and restore b');
  });
});

function shuffled<T>(items: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length });
}
