import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadImageFolder } from '../../src/data/image-folder.js';
import { errorOf, folderWith } from './fixtures.js';

describe('loadImageFolder', () => {
  it('reads pictures, also in folders below, and captions', () => {
    const lines = [
      '{"file_name": "a.png", "text": " a cat ", "size": 3}',
      '',
      '{"file_name":"b/c.png","text":"a dog"}',
    ];
    const folder = folderWith({ 'a.png': '', 'metadata.jsonl': lines.join('\r\n') });
    mkdirSync(join(folder, 'b'));
    writeFileSync(join(folder, 'b', 'c.png'), '');
    expect(loadImageFolder(folder)).toEqual([
      { id: '1:a.png', imagePath: join(folder, 'a.png'), captions: ['a cat'], weight: 1, mirrorable: false },
      {
        id: '3:b/c.png',
        imagePath: join(folder, 'b', 'c.png'),
        captions: ['a dog'],
        weight: 1,
        mirrorable: false,
      },
    ]);
  });

  it('takes captions from another column, and mirroring as told', () => {
    const folder = folderWith({ 'a.png': '', 'metadata.jsonl': '{"file_name":"a.png","caption":"a cat"}' });
    const [item] = loadImageFolder(folder, { captionColumn: 'caption', mirrorable: true });
    expect([item?.captions, item?.mirrorable]).toEqual([['a cat'], true]);
  });

  it.each([
    ['DATA_OUTSIDE_FOLDER', { file_name: '../a.png', text: 'x' }, /outside/],
    ['DATA_OUTSIDE_FOLDER', { file_name: 'b/../../a.png', text: 'x' }, /outside/],
    ['DATA_OUTSIDE_FOLDER', { file_name: '/etc/passwd', text: 'x' }, /outside/],
    ['DATA_OUTSIDE_FOLDER', { file_name: '..\\a.png', text: 'x' }, /outside/],
    ['DATA_OUTSIDE_FOLDER', { file_name: 'C:\\a.png', text: 'x' }, /outside/],
    ['DATA_OUTSIDE_FOLDER', { file_name: 'a.png\0', text: 'x' }, /outside/],
    ['DATA_INVALID_LINE', { file_name: 'missing.png', text: 'x' }, /not there: "missing\.png"/],
    ['DATA_INVALID_LINE', { file_name: 'a.png', caption: 'x' }, /"text", found \["file_name","caption"\]/],
    ['DATA_INVALID_LINE', { text: 'x' }, /"file_name", found \["text"\]/],
    ['DATA_INVALID_LINE', { file_name: 5, text: 'x' }, /"file_name"/],
    ['DATA_INVALID_LINE', ['a.png', 'x'], /found no object/],
    ['DATA_INVALID_LINE', null, /found no object/],
  ])('refuses with %s and the line: %j', (code, row, message) => {
    const good = '{"file_name":"a.png","text":"x"}';
    const folder = folderWith({ 'a.png': '', 'metadata.jsonl': `${good}\n\n${JSON.stringify(row)}\n` });
    const error = errorOf(() => loadImageFolder(folder));
    expect(error.slice(0, 2)).toEqual([code, `${join(folder, 'metadata.jsonl')}:3`]);
    expect(error[2]).toMatch(message);
  });

  it('says which line is no JSON', () => {
    const folder = folderWith({ 'metadata.jsonl': '{"file_name":' });
    const where = `${join(folder, 'metadata.jsonl')}:1`;
    expect(errorOf(() => loadImageFolder(folder)).slice(0, 2)).toEqual(['DATA_INVALID_LINE', where]);
  });

  it('says what is missing when there is no metadata, or nothing in it', () => {
    const [code, where] = errorOf(() => loadImageFolder(folderWith({})));
    expect([code, where?.endsWith('metadata.jsonl')]).toEqual(['DATA_UNREADABLE', true]);
    expect(errorOf(() => loadImageFolder(folderWith({ 'metadata.jsonl': '\n' })))[0]).toBe('DATA_EMPTY');
  });
});
