import type { z } from 'zod';
import { list, number, section, wholeNumber } from './fields.js';

/** How finished models are compared with the original. */
export const comparison = section({
  /** Pictures that a point of CLIP and CMMD is measured on. */
  captionCount: wholeNumber({ from: 2 }).default(64),
  /** Where on the curves the points are. */
  guidanceScales: list(number({ from: 0, to: 100 }), 'guidance scales', { from: 1, to: 100 }).prefault([
    1, 2, 3, 5, 7.5,
  ]),
  /** Denoising steps that the original is run with. */
  originalSteps: wholeNumber({ from: 1, to: 1000 }).default(50),
  /** Rows of the contact sheet; none leaves it out. */
  sheetPrompts: wholeNumber({ to: 1000 }).default(8),
}).prefault({});

export type ComparisonSettings = z.output<typeof comparison>;
