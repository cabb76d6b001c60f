import fc from 'fast-check';
import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCaptionList } from '../../../src/data/caption-list.js';
import { loadCocoImages } from '../../../src/data/coco.js';
import { loadImageFolder } from '../../../src/data/image-folder.js';
import { pathInside } from '../../../src/data/path-inside.js';
import { fuzzed, requireInside } from '../fuzzed-parser.js';
import { anyBytes, hostileJsonBytes, hostileName, mutatedBytes, mutatedJson } from '../mutations.js';

/** A picture inside, one outside, and a link that stays. */
function furnish(folder: string): void {
  for (const path of [join(folder, 'a.png'), join(folder, '..', 'canary'), join(folder, '..', 'a.png')])
    if (!existsSync(path)) writeFileSync(path, 'x');
  if (!existsSync(join(folder, 'link.png'))) symlinkSync('a.png', join(folder, 'link.png'));
}

const lines = Buffer.from('a red apple\r\n\n  # a hash \n猫\n');

export const captionList = fuzzed({
  name: 'list of captions',
  inputs: fc.oneof(
    mutatedBytes(lines),
    anyBytes,
    fc.string({ maxLength: 400 }).map((text) => Buffer.from(text)),
  ),
  read: (bytes, folder) => {
    writeFileSync(join(folder, 'captions.txt'), bytes);
    return loadCaptionList(join(folder, 'captions.txt'));
  },
});

const coco = {
  info: { year: 2017 },
  images: [
    { id: 9, file_name: 'a.png', height: 1 },
    { id: '4', file_name: 'link.png' },
  ],
  annotations: [
    { image_id: 9, id: 2, caption: 'a red apple' },
    { image_id: '4', id: 1, caption: ' a cat\n' },
  ],
};
const cocoNames = hostileName.map((file_name) =>
  Buffer.from(JSON.stringify({ ...coco, images: [{ id: 9, file_name }] })),
);

export const cocoFile = fuzzed({
  name: 'COCO captions',
  inputs: fc.oneof({ weight: 3, arbitrary: hostileJsonBytes(coco) }, { weight: 1, arbitrary: cocoNames }),
  read: (bytes, folder) => {
    furnish(folder);
    writeFileSync(join(folder, 'captions.json'), bytes);
    for (const { imagePath } of loadCocoImages(join(folder, 'captions.json'), folder))
      requireInside(folder, imagePath);
  },
});

const row = { file_name: 'a.png', text: 'a red apple' };
const rows = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: mutatedJson(row) },
      { weight: 2, arbitrary: hostileName.map((file_name) => JSON.stringify({ ...row, file_name })) },
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((texts) => Buffer.from(texts.join('\n')));

export const imageFolder = fuzzed({
  name: 'metadata.jsonl',
  inputs: fc.oneof(
    { weight: 4, arbitrary: rows },
    { weight: 1, arbitrary: mutatedBytes(Buffer.from(`${JSON.stringify(row)}\n`)) },
  ),
  read: (bytes, folder) => {
    furnish(folder);
    writeFileSync(join(folder, 'metadata.jsonl'), bytes);
    for (const { imagePath } of loadImageFolder(folder)) requireInside(folder, imagePath);
  },
});

export const names = fuzzed({
  name: 'names of files in lists',
  inputs: fc.oneof(
    hostileName,
    fc.constantFrom('a.png', './a.png', 'link.png', './/link.png'),
    fc.string(),
    fc.string({ unit: 'binary' }),
  ),
  read: (name, folder) => {
    furnish(folder);
    requireInside(folder, pathInside(folder, name, 'a list'));
  },
});
