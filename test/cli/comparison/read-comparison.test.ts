import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readComparison } from '../../../src/cli/comparison/read-comparison.js';
import { reportComparison } from '../../../src/cli/views/comparison-report.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { comparedCosts, comparedPoints } from './compared.js';

const path = join(temporaryFolder(), 'comparison.json');

it('a comparison.json has all that was measured', () => {
  const costs = comparedCosts.map((each, index) => (index === 0 ? each : { ...each, int8Blocks: 5 }));
  const measured = { costs, points: comparedPoints };
  writeFileSync(path, JSON.stringify(reportComparison(measured)));
  expect(readComparison(path)).toEqual(measured);
});

it.each([['another shape', '{"costs": 1}'] as const, ['no JSON', '{'] as const])(
  'a comparison.json that is %s is none',
  (_, text) => {
    writeFileSync(path, text);
    expect(readComparison(path)).toBeUndefined();
  },
);
