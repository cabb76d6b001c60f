import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCaptionList } from '../../src/data/caption-list.js';
import { cocoFile, errorOf, folderWith } from './fixtures.js';

describe('a list of captions', () => {
  it('may have more blank lines than memory has room for lists', () => {
    const folder = folderWith({ 'a.txt': `a\n${'\n'.repeat(2e7)} b\r\nc` });
    expect(loadCaptionList(join(folder, 'a.txt'))).toEqual(['a', 'b', 'c']);
  });

  it('has at most five million', () => {
    const folder = folderWith({ 'a.txt': 'a\n'.repeat(5_000_001) });
    expect(errorOf(() => loadCaptionList(join(folder, 'a.txt')))[2]).toMatch('at most 5000000 lines');
  });
});

describe('loadCaptionList', () => {
  it('gives one prompt a line, whatever ends it', () => {
    const folder = folderWith({ 'prompts.txt': '\ufeffa red apple\r\n\n  # a hash is text \n猫' });
    expect(loadCaptionList(join(folder, 'prompts.txt'))).toEqual(['a red apple', '# a hash is text', '猫']);
  });

  it('takes the captions of a COCO file and of an image folder', () => {
    const folder = folderWith({
      'captions.json': cocoFile(),
      'metadata.jsonl': '{"file_name":"metadata.jsonl","text":"itself"}',
    });
    expect(loadCaptionList(join(folder, 'captions.json'))).toEqual(['a red apple', 'a cat']);
    expect(loadCaptionList(folder)).toEqual(['itself']);
  });

  it.each([
    ['DATA_EMPTY', ' \n\n'],
    ['DATA_UNREADABLE', Uint8Array.of(0x61, 0xff, 0x0a)],
  ])('refuses with %s', (code, content) => {
    const path = join(folderWith({ 'prompts.txt': content }), 'prompts.txt');
    expect(errorOf(() => loadCaptionList(path)).slice(0, 2)).toEqual([code, path]);
  });

  it('refuses a file that is not there', () => {
    expect(errorOf(() => loadCaptionList('/nowhere/prompts.txt'))[0]).toBe('DATA_UNREADABLE');
  });
});
