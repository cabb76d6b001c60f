import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCocoCaptions, loadCocoImages } from '../../src/data/coco.js';
import { cocoFile, errorOf, folderWith } from './fixtures.js';

describe('a COCO caption file', () => {
  it('gives each picture all of its captions', () => {
    const folder = folderWith({ 'captions.json': cocoFile(), 'apple.png': '', 'cat.png': '' });
    const common = { weight: 1, mirrorable: true };
    expect(loadCocoImages(join(folder, 'captions.json'), folder, { mirrorable: true })).toEqual([
      { id: '9', imagePath: join(folder, 'apple.png'), captions: ['a red apple', 'fruit'], ...common },
      { id: '4', imagePath: join(folder, 'cat.png'), captions: ['a cat'], ...common },
    ]);
  });

  it('may not name pictures that are missing or elsewhere', () => {
    const folder = folderWith({ 'captions.json': cocoFile(), 'apple.png': '' });
    const path = join(folder, 'captions.json');
    expect(errorOf(() => loadCocoImages(path, folder)).slice(0, 2)).toEqual([
      'DATA_INVALID_LINE',
      `${path}, image 4`,
    ]);
    const outside = folderWith({ 'captions.json': cocoFile().replace('apple.png', '../apple.png') });
    expect(errorOf(() => loadCocoImages(join(outside, 'captions.json'), outside))[0]).toBe(
      'DATA_OUTSIDE_FOLDER',
    );
  });

  it.each([
    ['DATA_INVALID_LINE', '{'],
    ['DATA_INVALID_LINE', '{"images":[]}'],
    ['DATA_INVALID_LINE', '{"images":[{"id":1}],"annotations":[]}'],
    ['DATA_EMPTY', '{"images":[{"id":1,"file_name":"a.png"}],"annotations":[{"image_id":1,"caption":" "}]}'],
    ['DATA_UNREADABLE', Uint8Array.of(0xff)],
  ])('refuses with %s', (code, content) => {
    const path = join(folderWith({ 'captions.json': content }), 'captions.json');
    expect(errorOf(() => loadCocoCaptions(path)).slice(0, 2)).toEqual([code, path]);
  });
});
