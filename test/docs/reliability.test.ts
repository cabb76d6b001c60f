import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { figuresOf } from '../faults/figures.js';
import { withFigures } from '../faults/with-figures.js';

test('docs/reliability.md has the figures that were measured: npm run reliability:figures', () => {
  const page = readFileSync('docs/reliability.md', 'utf8');
  expect(page).toBe(withFigures(page, figuresOf('results/reliability.json', 'results/fuzz.json')));
});
