import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeAction } from '../../src/architecture/action.js';
import { proposeAdditions, proposeRemovals } from '../../src/search/proposal.js';
import type { Proposal } from '../../src/search/proposal.js';
import { lossOf, rankAdditions, rankRemovals } from '../../src/search/ranking.js';
import { addition, removal } from '../support/search-fakes.js';

const words = (proposals: readonly Proposal[]): string[] =>
  proposals.map(({ actions }) => describeAction(actions));
/** At most so many proposals. */
const upTo = (maxProposals: number, lossTolerance = 0): Parameters<typeof proposeAdditions>[3] => ({
  maxProposals,
  lossTolerance,
});
const bySnapEvo = { scoring: 'snapevo', lossTolerance: 0 } as const;
const removals = rankRemovals(
  [removal('a', 0.001, 2), removal('b', 0.004, 4), removal('c', 0.03, 10), removal('d', 0.1, 10)],
  bySnapEvo,
);

describe('removals', () => {
  it('are proposed as the largest group first, shrinking to the first alone', () => {
    expect(words(proposeRemovals(removals, 100, 3))).toEqual([
      'remove a and remove b and remove c',
      'remove a and remove b',
      'remove a',
    ]);
  });

  it('stop where the table says that the budget is met', () => {
    expect(words(proposeRemovals(removals, 3, 4))).toEqual(['remove a and remove b', 'remove a']);
    expect(words(proposeRemovals(removals, 1, 4))).toEqual(['remove a']);
  });

  it('are none when nothing is ranked', () => {
    expect(proposeRemovals([], 10, 3)).toEqual([]);
  });
});

describe('additions', () => {
  it('go alone where they fit, and are paid for by the first removal that saves enough at a smaller loss', () => {
    const additions = rankAdditions(
      [
        addition('restore', 'p', 0.05, 5),
        addition('restore', 'q', 0.02, 7),
        addition('restore', 'r', 0.001, 1),
      ],
      removals,
      bySnapEvo,
    );
    const { proposals, dismissed } = proposeAdditions(additions, removals, 2, upTo(5));
    expect(words(proposals)).toEqual(['remove b and restore p', 'restore r']);
    expect(dismissed).toMatchObject([
      {
        candidate: { action: { block: 'q' } },
        reason: {
          code: 'unpaid',
          text: 'it breaks the budget by 5.000 ms, and no removal pays for it at a smaller loss',
        },
      },
    ]);
  });

  it('gain more than the tolerance where a block is restored, with what pays for it', () => {
    const proposed = (gain: number): string[] => {
      const restored = rankAdditions([addition('restore', 'p', gain, 5)], removals, bySnapEvo);
      return words(proposeAdditions(restored, removals, 2, upTo(5, 0.02)).proposals);
    };
    expect(proposed(0.023)).toEqual([]);
    expect(proposed(0.025)).toEqual(['remove b and restore p']);
  });

  it('never pay for a copy by what it copies', () => {
    const additions = rankAdditions([addition('copy', 'd', -0.01, 10)], removals, bySnapEvo);
    expect(words(proposeAdditions(additions, removals, 0, upTo(5)).proposals)).toEqual([
      'remove c and copy d',
    ]);
    const worthless = rankAdditions([addition('copy', 'a', -0.01, 2)], removals, bySnapEvo);
    expect(proposeAdditions(worthless, removals, 0, upTo(5)).proposals).toEqual([]);
  });

  it('are no more than allowed', () => {
    const additions = rankAdditions(
      [addition('restore', 'p', 0.05, 1), addition('restore', 'q', 0.02, 1)],
      removals,
      bySnapEvo,
    );
    expect(words(proposeAdditions(additions, removals, 10, upTo(1)).proposals)).toEqual(['restore p']);
  });

  it('never break the budget by more than the removal that pays for them, nor lose by the exchange', () => {
    const amount = fc.double({ min: 0.001, max: 0.1, noNaN: true });
    const ms = fc.double({ min: 0.1, max: 20, noNaN: true });
    const facts = fc.array(fc.tuple(amount, ms), { maxLength: 8 });
    fc.assert(
      fc.property(facts, facts, fc.double({ min: 0, max: 10, noNaN: true }), (gains, losses, slackMs) => {
        const present = losses.map(([loss, saved], index) => removal(`r${index}`, loss, saved));
        const absent = gains.map(([gain, cost], index) => addition('restore', `a${index}`, gain, cost));
        const order = rankRemovals(present, bySnapEvo);
        const { proposals } = proposeAdditions(
          rankAdditions(absent, order, bySnapEvo),
          order,
          slackMs,
          upTo(99),
        );
        for (const { actions } of proposals) {
          const parts = [...present, ...absent].filter(({ action }) => actions.includes(action));
          const costMs = -parts.reduce((sum, { savingMs }) => sum + savingMs.value, 0);
          expect(costMs).toBeLessThanOrEqual(slackMs + 1e-9);
          expect(parts.reduce((sum, part) => sum + lossOf(part), 0)).toBeLessThan(0);
        }
      }),
    );
  });
});
