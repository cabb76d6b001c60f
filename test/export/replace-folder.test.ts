import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { replaceFolder } from '../../src/export/replace-folder.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const mark = {
  format: 'diffusers',
  dtype: 'fp32',
  architecture: 'a'.repeat(64),
  snapevoVersion: '1',
} as const;
const writing =
  (content: string) =>
  (folder: string): Promise<{ readonly mark: typeof mark }> => {
    writeFileSync(join(folder, 'content'), content);
    return Promise.resolve({ mark });
  };
const taken = expect.objectContaining({ code: 'EXPORT_FOLDER_TAKEN' }) as Error;

describe('replaceFolder', () => {
  it('leaves nothing behind but the folder', async () => {
    const parent = temporaryFolder();
    await replaceFolder(join(parent, 'out'), { force: false }, writing('first'));
    expect(readdirSync(parent)).toEqual(['out']);
    expect(readFileSync(join(parent, 'out', 'content'), 'utf8')).toBe('first');
  });

  it.runIf(existsSync('/proc/self'))('ends where a folder can never be made', async () => {
    await expect(
      replaceFolder('/proc/snapevo/out', { force: false }, writing('first')),
    ).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      where: expect.stringContaining('/proc/snapevo/out') as string,
    });
  });

  it('leaves nothing at all of what failed', async () => {
    const parent = temporaryFolder();
    const failing = replaceFolder(join(parent, 'out'), { force: false }, (folder) => {
      writeFileSync(join(folder, 'content'), 'half');
      return Promise.reject(new Error('disk full'));
    });
    await expect(failing).rejects.toThrow('disk full');
    expect(readdirSync(parent)).toEqual([]);
  });

  it('replaces an earlier export only when forced to', async () => {
    const out = join(temporaryFolder(), 'out');
    await replaceFolder(out, { force: false }, writing('first'));
    await expect(replaceFolder(out, { force: false }, writing('second'))).rejects.toEqual(taken);
    expect(readFileSync(join(out, 'content'), 'utf8')).toBe('first');
    await replaceFolder(out, { force: true }, writing('second'));
    expect(readFileSync(join(out, 'content'), 'utf8')).toBe('second');
  });

  it('touches nothing that is no export, forced or not', async () => {
    const out = join(temporaryFolder(), 'out');
    mkdirSync(out);
    writeFileSync(join(out, 'thesis.tex'), 'mine');
    await expect(replaceFolder(out, { force: true }, writing('x'))).rejects.toEqual(taken);
    expect(readdirSync(out)).toEqual(['thesis.tex']);
  });

  it('takes an empty folder', async () => {
    const out = temporaryFolder();
    await replaceFolder(out, { force: false }, writing('first'));
    expect(existsSync(join(out, 'snapevo-export.json'))).toBe(true);
  });
});
