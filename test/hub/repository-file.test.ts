import { describe, expect, it } from 'vitest';
import { repositoryFile } from '../../src/hub/repository-file.js';

const oid = 'a'.repeat(40);
const listed = { type: 'file', path: 'unet/config.json', size: 3, oid };

describe('repositoryFile', () => {
  it('takes what the hub lists', () => {
    const hash = { algorithm: 'git-sha1', value: oid };
    expect(repositoryFile(listed)).toEqual({ path: listed.path, size: 3, hash });
  });

  it.each([null, 'a', [], {}, { ...listed, path: 3 }, { ...listed, lfs: {} }, { ...listed, size: '3' }])(
    'refuses an entry that is %j',
    (entry) => {
      expect(() => repositoryFile(entry)).toThrow(expect.objectContaining({ code: 'HUB_LISTING_INVALID' }));
    },
  );

  it.each([
    { ...listed, size: -1 },
    { ...listed, size: 0.5 },
    { ...listed, size: 1e300 },
    { ...listed, oid: 'z'.repeat(40) },
    { ...listed, oid: `${oid}\n` },
  ])('refuses a size or a hash that is none: %j', (entry) => {
    expect(() => repositoryFile(entry)).toThrow(expect.objectContaining({ code: 'HUB_LISTING_INVALID' }));
  });

  it.each([
    'models/Konfiguration-ä.json',
    'a b.json',
    '.gitattributes',
    'con-fig.json',
    'a/b/c/d.json',
    '日本.json',
  ])('takes the name %s', (path) => {
    expect(repositoryFile({ ...listed, path }).path).toBe(path);
  });
});
