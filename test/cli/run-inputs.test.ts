import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { pretrainInputs } from '../../src/cli/compose/run-inputs.js';
import { loadConfig } from '../../src/config/load-config.js';
import { pretrainConfigSchema } from '../../src/config/pretrain-config.js';
import { encodePng } from '../../src/data/encode-png.js';
import { folderWith } from '../data/fixtures.js';
import { writeTinyProject } from './built-cli.js';
import { recordCli } from './recorded-cli.js';

/** What stands for a pretraining on one picture, which `place` puts at a path. */
function hashesOn(place: (path: string) => void): ReturnType<typeof pretrainInputs> {
  const folder = folderWith({ 'metadata.jsonl': '{"file_name": "a.png", "text": "an apple"}\n' });
  place(join(folder, 'a.png'));
  const file = new URL('tiny/pretrain.yaml', import.meta.url).pathname;
  const settings = [`pictures.folder=${folder}`];
  return pretrainInputs(loadConfig(pretrainConfigSchema, file, { settings, currentFolder: folder }));
}

it('hashes what a picture holds', async () => {
  const hashOf = async (red: number): Promise<unknown> => {
    const picture = await encodePng(Uint8Array.of(red, 0, 0), { height: 1, width: 1 });
    return hashesOn((path) => {
      writeFileSync(path, picture);
    });
  };
  expect(await hashOf(1)).toEqual(await hashOf(1));
  expect(await hashOf(1)).not.toEqual(await hashOf(2));
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

describe('pictures that are damaged', () => {
  /** A tiny project, of which some pictures are none any more. */
  async function damagedProject(): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'snapevo-damaged-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    await writeTinyProject(folder);
    const at = (name: string): string => join(folder, 'pictures', name);
    const whole = readFileSync(at('0.png'));
    const flipped = Buffer.from(whole);
    flipped[60] = (flipped[60] ?? 0) ^ 1;
    writeFileSync(at('0.png'), flipped);
    writeFileSync(at('2.png'), whole.subarray(0, whole.length - 20));
    writeFileSync(at('3.png'), 'GIF89a');
    rmSync(at('5.png'));
    mkdirSync(at('5.png'));
    for (const model of ['pipeline', 'scorer']) {
      mkdirSync(join(folder, model));
      writeFileSync(join(folder, model, 'config.json'), '{}');
    }
    return folder;
  }

  it.each(['search', 'pretrain'])('are all named before a %s is begun', async (command) => {
    const folder = await damagedProject();
    const { status, notes } = await recordCli([command, `${command}.yaml`], folder);
    expect(status).toBe(2);
    expect(notes).toContain('error DATA_PICTURES_DAMAGED: expected pictures, found 4 of 6 that are none:');
    for (const name of ['0.png', '2.png', '3.png', '5.png'])
      expect(notes).toContain(`  ${join(folder, 'pictures', name)}: can't be read as a picture: `);
    expect(notes).not.toContain('1.png');
    expect(existsSync(join(folder, 'results'))).toBe(false);
  });

  it('are named up to twenty, and counted', async () => {
    const names = Array.from({ length: 30 }, (_, i) => `${i}.png`);
    const lines = names.map((name) => JSON.stringify({ file_name: name, text: 'nothing' })).join('\n');
    const none = Object.fromEntries(names.map((name) => [name, 'none']));
    const folder = folderWith({ ...none, 'metadata.jsonl': lines });
    const file = new URL('tiny/pretrain.yaml', import.meta.url).pathname;
    const args = ['pretrain', file, '--set', `pictures.folder=${folder}`, '--json'];
    const { notes } = await recordCli(args, folder);
    const { error } = JSON.parse(notes) as { error: { code: string; message: string; where: string } };
    expect(error).toMatchObject({ code: 'DATA_PICTURES_DAMAGED', where: join(folder, '0.png') });
    expect(error.message).toContain('found 30 of 30 that are none');
    expect(error.message.match(/\d+\.png/g)).toEqual(names.slice(0, 20));
    expect(error.message).toMatch(/and 10 more$/);
  });
});
