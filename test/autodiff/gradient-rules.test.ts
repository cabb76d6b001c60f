import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gradientRules } from '../../src/autodiff/gradient-rules.js';
import type { OpType } from '../../src/graph/graph.js';
import { differentiableCases } from './differentiable-cases.js';
import { gradientError } from './finite-differences.js';

const operations = Object.keys(gradientRules) as OpType[];

describe('the table of gradients', () => {
  it('is checked by finite differences for every operation that has a rule, and for no other', () => {
    const ruled = operations.filter((operation) => typeof gradientRules[operation] === 'function');
    expect(operations.filter((operation) => differentiableCases[operation] !== null)).toEqual(ruled);
    expect(Object.keys(differentiableCases).sort()).toEqual(operations.toSorted());
  });

  it.each(operations)('agrees with finite differences: %s', async (operation) => {
    const cases = differentiableCases[operation];
    if (cases === null) {
      expect(gradientRules[operation]).toHaveProperty('reason');
      return;
    }
    await fc.assert(
      fc.asyncProperty(cases, fc.nat(), async (subject, seed) => {
        expect(await gradientError(subject, seed)).toBeLessThan(1);
      }),
      { numRuns: 25 },
    );
  });
});
