import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tearStores } from './torn-stores.js';

const folder = temporaryFolder();

test('a torn database is read as it was written, or refused with its name and a way out', () => {
  const counts = tearStores(join(folder, 'tears'), 20, 1);
  for (const { file, tear, outcomes } of counts) {
    expect({ file, tear, ...outcomes }).toMatchObject({ 'unclear error': 0, wrong: 0 });
  }
  const sum = (outcome: 'older' | 'refused'): number =>
    counts.reduce((total, { outcomes }) => total + outcomes[outcome], 0);
  expect(sum('refused')).toBeGreaterThan(5);
  expect(sum('older')).toBeGreaterThan(5);
});
