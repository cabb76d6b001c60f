import { describe, expect, it } from 'vitest';
import { checkOptions, resolveBudgetMs } from '../../src/search/search-options.js';
import type { SearchOptions } from '../../src/search/search-options.js';
import { options } from '../support/search-fakes.js';

const WRONG: readonly [string, Partial<SearchOptions>][] = [
  ['seed', { seed: 0.5 }],
  ['budget', { budget: { ms: 0 } }],
  ['budget', { budget: { ratioOfOriginal: Number.NaN } }],
  ['groupSize', { groupSize: 0 }],
  ['patience', { patience: -1 }],
  ['maxRounds', { maxRounds: 1.5 }],
  ['trainStepsPerRound', { trainStepsPerRound: 0 }],
  ['trainStepsPerUnit', { trainStepsPerUnit: 0 }],
  ['maxProposals', { maxProposals: 0 }],
  ['captionCount', { captionCount: 1 }],
  ['finetuneSteps', { finetuneSteps: -1 }],
  ['copyCandidates', { copyCandidates: Number.POSITIVE_INFINITY }],
  ['combinationTolerance', { combinationTolerance: Number.NaN }],
  ['kinds', { kinds: [] }],
];

describe('options', () => {
  it('that make sense pass unchanged', () => {
    expect(checkOptions(options)).toBe(options);
    expect(checkOptions({ ...options, finetuneSteps: 0, copyCandidates: 0 }).finetuneSteps).toBe(0);
  });

  it.each(WRONG)('that make none are refused: %s', (where, change) => {
    expect(() => checkOptions({ ...options, ...change })).toThrow(
      expect.objectContaining({ code: 'SEARCH_OPTION_INVALID', where }),
    );
  });

  it('give a budget in milliseconds, or relative to the original', () => {
    expect(resolveBudgetMs({ ms: 40 }, 100)).toBe(40);
    expect(resolveBudgetMs({ ratioOfOriginal: 0.6 }, 50)).toBe(30);
  });
});
