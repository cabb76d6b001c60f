import { execFileSync } from 'node:child_process';
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pretrainInputs } from '../../src/cli/compose/run-inputs.js';
import { loadConfig } from '../../src/config/load-config.js';
import { pretrainConfigSchema } from '../../src/config/pretrain-config.js';
import { folderWith } from '../data/fixtures.js';

/** What stands for a pretraining on one picture, which `place` puts at a path. */
function hashesOn(place: (path: string) => void): ReturnType<typeof pretrainInputs> {
  const folder = folderWith({ 'metadata.jsonl': '{"file_name": "a.png", "text": "an apple"}\n' });
  place(join(folder, 'a.png'));
  const file = new URL('tiny/pretrain.yaml', import.meta.url).pathname;
  const settings = [`pictures.folder=${folder}`];
  return pretrainInputs(loadConfig(pretrainConfigSchema, file, { settings, currentFolder: folder }));
}

it('hashes what a picture holds', async () => {
  const hashOf = (content: string): Promise<unknown> =>
    hashesOn((path) => {
      writeFileSync(path, content);
    });
  expect(await hashOf('a')).toEqual(await hashOf('a'));
  expect(await hashOf('a')).not.toEqual(await hashOf('b'));
});

it.runIf(process.platform !== 'win32').each([
  ['a named pipe', (path: string) => void execFileSync('mkfifo', [path]), 'found a named pipe'],
  [
    'a device that never ends',
    (path: string) => {
      symlinkSync('/dev/zero', path);
    },
    'found a device',
  ],
  [
    'larger than a picture may be',
    (path: string) => {
      writeFileSync(path, '');
      truncateSync(path, 2 ** 40);
    },
    'bytes, found 1099511627776',
  ],
])('reads no picture that is %s', { timeout: 60_000 }, async (_, place, found) => {
  await expect(hashesOn(place)).rejects.toMatchObject({
    code: 'DATA_UNREADABLE',
    where: expect.stringContaining('a.png') as string,
    message: expect.stringContaining(found) as string,
  });
});
