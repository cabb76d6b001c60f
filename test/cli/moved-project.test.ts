import { readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Interruption } from '../../src/cli/terminal/interruption.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { writeTinyProject } from './built-cli.js';
import { recordCli, type Recording } from './recorded-cli.js';
import { putTinyModels } from './tiny-models.js';

const root = temporaryFolder();
const [before, after] = [join(root, 'before'), join(root, 'after')];

const hasty = [
  'search.maxRounds=1',
  'latency.endToEnd.timeLimitMs=50',
  'latency.alone.timeLimitMs=50',
  'latency.calibration.architectures=0',
];

const inMoved = (...args: readonly string[]): Promise<Recording> => recordCli(args, after);

it('goes on with a search of a project that was moved, and takes the model that it comes to', async () => {
  await writeTinyProject(before);
  putTinyModels(before);
  const settings = hasty.flatMap((setting) => ['--set', setting]);
  const signal = AbortSignal.abort(new Interruption('SIGINT'));
  expect((await recordCli(['search', 'search.yaml', ...settings], before, { signal })).status).toBe(130);
  renameSync(before, after);
  const moved = `pipeline is now ${join(after, 'pipeline')}`;

  const resumed = await inMoved('resume');
  expect(resumed.notes).toContain(moved);
  expect([resumed.status, resumed.notes]).toEqual([0, expect.not.stringContaining('error')]);

  const picture = ['--prompt', 'a cat', '--steps', '1', '--out', 'made.png'];
  const exported = ['--out', 'exported'];
  const evaluated = ['--scorer', 'scorer', '--count', '2', '--steps', '1'];
  for (const args of [
    ['generate', ...picture],
    ['export', ...exported],
    ['evaluate', ...evaluated],
  ]) {
    const { status, notes } = await inMoved(...args);
    expect([status, notes]).toEqual([0, expect.stringContaining(moved)]);
  }
  for (const command of ['show', 'list', 'plot']) expect((await inMoved(command)).status).toBe(0);
  expect(readFileSync(join(after, 'exported', 'model_index.json'), 'utf8')).not.toContain(root);

  rmSync(join(after, 'pipeline', 'unet'), { recursive: true });
  const { status, notes } = await inMoved('export', '--out', 'again');
  expect([status, notes]).toEqual([2, expect.stringContaining('error RUN_INPUT_UNREADABLE: pipeline: ')]);
});
