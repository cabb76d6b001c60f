import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hashedGenerator } from '../../src/random/hashed-generator.js';
import { TinyProject } from '../cli/tiny-project.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { drawWrite } from './kill-moments.js';
import { killSearch, outcomeOf, searchWhole } from './killed-search.js';

const root = temporaryFolder();

test('a search killed at random moments comes to what one comes to that was not', async () => {
  const project = await TinyProject.make(join(root, 'tiny'));
  const { runId, kills } = await killSearch(project, 'killed', {
    seed: 3,
    kills: 8,
    random: hashedGenerator('kills'),
    draw: drawWrite,
  });
  expect(kills.length).toBeGreaterThan(3);
  const whole = await searchWhole(project, { from: 'killed', to: 'whole', seed: 3 });
  expect(outcomeOf(project, 'killed', runId)).toEqual(outcomeOf(project, 'whole', whole));
  expect(outcomeOf(project, 'killed', runId)).toMatchObject({ problems: [], status: 'finished' });
});
