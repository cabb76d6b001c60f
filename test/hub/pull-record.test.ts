import { expect, it } from 'vitest';
import { isWhole, requireOwnFolder } from '../../src/hub/pull-record.js';
import { folderWith } from '../data/fixtures.js';

const record = { repository: 'some/model', revision: 'main', variant: null, commit: 'x', complete: true };
const recordOf = (path: string): string =>
  JSON.stringify({ ...record, files: [{ path, size: 1, hash: 'x' }] });

it('knows a folder by its record', () => {
  const folder = folderWith({ '.snapevo-pull.json': recordOf('a.json'), 'a.json': 'x' });
  const found = requireOwnFolder(folder, record.repository);
  expect(found !== undefined && isWhole(folder, found)).toBe(true);
});

it.each(['../a.json', '/etc/passwd', 'a\0b', 'x'.repeat(10_000)])(
  'takes a record that names %.20j for none',
  (path) => {
    const folder = folderWith({ '.snapevo-pull.json': recordOf(path) });
    expect(() => requireOwnFolder(folder, record.repository)).toThrow(
      expect.objectContaining({ code: 'PULL_FOLDER_TAKEN' }),
    );
  },
);
