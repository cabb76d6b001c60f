import { describe, expect, it } from 'vitest';
import { comparison } from '../../src/config/comparison-section.js';

describe('the section of a comparison', () => {
  it('has defaults', () => {
    expect(comparison.parse(undefined)).toEqual({
      captionCount: 64,
      guidanceScales: [1, 2, 3, 5, 7.5],
      originalSteps: 50,
      sheetPrompts: 8,
    });
  });

  it.each([
    { guidanceScales: [] },
    { guidanceScales: [-1] },
    { captionCount: 1 },
    { originalSteps: 0 },
    { steps: 8 },
  ])('refuses %j', (given) => {
    expect(comparison.safeParse(given).success).toBe(false);
  });
});
