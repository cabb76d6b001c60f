import { describe, expect, it } from 'vitest';
import { headlineOf, type OptimizationHeadline } from '../../src/cli/views/optimization-headline.js';
import { warnOfBudget, warnOfPictures } from '../../src/cli/views/outcome-warnings.js';
import type { Estimate } from '../../src/statistics/estimate.js';
import type { ArchitectureRecord } from '../../src/store/search-records.js';
import { comparedCosts, comparedPoints } from './comparison/compared.js';

const scope = 'step';

const architecture = (role: ArchitectureRecord['role'], latencyMs: Estimate | null): ArchitectureRecord => ({
  ...{ round: 1, role, hash: 'a', canonicalForm: '', parameterCount: 1, weightsHash: null },
  ...{ parentHash: null, measuredLatencyMs: latencyMs, predictedLatencyMs: null, clipScore: null },
});

describe('a search', () => {
  const overMs = { value: 9.4, low: 9.2, high: 9.6 };

  it('whose final architecture takes longer than its budget missed it', () => {
    const latest = architecture('final', overMs);
    expect(warnOfBudget({ budgetMs: 9, latest, scope })).toEqual([
      {
        warning: 'budget-missed',
        text: 'the budget of 9.00 ms a step was missed: the final architecture takes 9.40 [9.20, 9.60]',
      },
    ]);
  });

  it.each([
    ['is within it', architecture('final', { value: 9, low: 8.8, high: 9.2 })],
    ['is not over', architecture('current', overMs)],
    ['has measured nothing', architecture('final', null)],
    ['has not begun', null],
  ])('that %s is not warned of', (_, latest) => {
    expect(warnOfBudget({ budgetMs: 9, latest, scope })).toEqual([]);
  });
});

describe('an optimization', () => {
  /** Of an original whose CLIP score is 0.3. */
  function headlineWith(clipChange: Estimate | null): OptimizationHeadline | null {
    const [before, after] = comparedPoints;
    if (before === undefined || after === undefined) throw new Error('expected two points');
    return headlineOf({ costs: comparedCosts, points: [before, { ...after, clipChange }] }, 7.5) ?? null;
  }

  it('that surely lost more than a tenth of the CLIP score is warned of', () => {
    expect(warnOfPictures(headlineWith({ value: -0.05, low: -0.069, high: -0.031 }))).toEqual([
      {
        warning: 'far-worse',
        text: "pictures are far worse than the original's: CLIP at guidance 7.5 changed by -0.0500 [-0.0690, -0.0310], more than 10% of the original's 0.3000 by the whole interval",
      },
    ]);
  });

  it.each([
    [{ value: -0.05, low: -0.071, high: -0.029 }],
    [{ value: -0.02, low: -0.025, high: -0.015 }],
    [{ value: 0.05, low: 0.04, high: 0.06 }],
    [null],
  ])('is not where it changed by %j', (clipChange) => {
    expect(warnOfPictures(headlineWith(clipChange))).toEqual([]);
  });

  it('is not before anything is compared', () => {
    expect(warnOfPictures(null)).toEqual([]);
  });
});
