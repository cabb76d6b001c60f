import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { replaceFile } from '../../src/files/replace-file.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const root = temporaryFolder();

test('a file is made, and replaced', () => {
  const path = join(root, 'a');
  replaceFile(path, 'first');
  replaceFile(path, Buffer.from('second'));
  expect(readFileSync(path, 'utf8')).toBe('second');
  expect(readdirSync(root)).toEqual(['a']);
});

test('a link goes on leading to the file that is replaced', () => {
  const folder = join(root, 'links');
  mkdirSync(folder);
  writeFileSync(join(folder, 'target'), 'first');
  symlinkSync('target', join(folder, 'link'));
  replaceFile(join(folder, 'link'), 'second');
  expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(folder, 'target'), 'utf8')).toBe('second');
  expect(readdirSync(folder)).toEqual(['link', 'target']);
});

test('what can’t be written leaves nothing behind', () => {
  const folder = join(root, 'folder');
  mkdirSync(folder);
  expect(() => {
    replaceFile(folder, 'text');
  }).toThrow('EISDIR');
  expect(() => {
    replaceFile(join(root, 'none', 'a'), 'text');
  }).toThrow('ENOENT');
  expect(readdirSync(folder)).toEqual([]);
});

test.skipIf(process.platform === 'win32')('a device is written to', () => {
  replaceFile('/dev/null', 'text');
  expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
});
