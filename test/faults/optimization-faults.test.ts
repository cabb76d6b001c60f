import { mkdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { faultProject } from './fault-project.js';
import { breakingWorkers } from './preloaded.js';

const project = faultProject();

it('a decoder’s compression whose workers die goes on as long as each has made latents', async () => {
  const folder = project.path('plan');
  mkdirSync(folder);
  const settings = ['results=latents', 'decoder.latentBatch=1'].flatMap((each) => ['--set', each]);
  const { status, notes } = await project.run(
    ['compress-decoder', 'optimize.yaml', ...settings],
    breakingWorkers({ folder, faults: [{ during: 'scoring', run: 3, times: 4, does: 'exit' }] }),
  );
  expect({ status, losses: notes.split('Going on with another.').length - 1 }).toEqual({
    status: 0,
    losses: 4,
  });
});
