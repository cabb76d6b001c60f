import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { denoisingSteps } from '../../src/cli/compose/denoising-steps.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const schedulerFolder = temporaryFolder();

it.each([
  ['a distilled pipeline', '{"_class_name":"DDIMScheduler","_snapevo":{"steps":8},"clip_sample":false}', 8],
  // as Python writes what JSON has no number for
  ["DPM-Solver's", '{"_class_name":"DPMSolverMultistepScheduler","lambda_min_clipped":-Infinity}', 20],
])('finds the steps that pictures are made in, in the scheduler of %s', (_, text, steps) => {
  writeFileSync(join(schedulerFolder, 'scheduler_config.json'), text);
  expect(denoisingSteps({ schedulerFolder })).toBe(steps);
});
