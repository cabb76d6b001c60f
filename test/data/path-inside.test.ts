import { describe, expect, it } from 'vitest';
import { pathInside } from '../../src/data/path-inside.js';
import { errorOf, folderWith } from './fixtures.js';

describe('pathInside', () => {
  it('finds a file of the folder', () => {
    const folder = folderWith({ 'a.png': 'x' });
    expect(pathInside(folder, './a.png', 'a list')).toBe(`${folder}/a.png`);
  });

  it.each(['', '.', './', './/', 'b/..', 'missing.png'])('takes %j for no file', (name) => {
    expect(errorOf(() => pathInside(folderWith({}), name, 'a list'))[0]).toBe('DATA_INVALID_LINE');
  });

  it.each([
    '..',
    '../a.png',
    '/etc/passwd',
    'C:a.png',
    '\\\\host\\a.png',
    '..\\a.png',
    'a/../../b.png',
    'a\0.png',
  ])('refuses %j, which leads elsewhere', (name) => {
    expect(errorOf(() => pathInside(folderWith({}), name, 'a list'))[0]).toBe('DATA_OUTSIDE_FOLDER');
  });
});
