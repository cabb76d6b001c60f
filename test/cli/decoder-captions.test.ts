import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decoderCaptions } from '../../src/cli/optimize-run/decoder-captions.js';
import { loadConfig } from '../../src/config/load-config.js';
import { optimizeConfigSchema } from '../../src/config/optimize-config.js';
import { loadEmojiDataset } from '../../src/data/emoji-dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const folder = temporaryFolder();
const pictures = [
  { file_name: 'a.png', text: 'a red apple' },
  { file_name: 'b.png', text: 'a green pear' },
];
writeFileSync(
  join(folder, 'metadata.jsonl'),
  pictures.map((picture) => `${JSON.stringify(picture)}\n`).join(''),
);
for (const { file_name } of pictures) writeFileSync(join(folder, file_name), '');

/** The captions of a decoder's compression, where those of this file are to score by, a line each. */
function captionsOf(lines: readonly string[], settings: readonly string[] = []) {
  writeFileSync(join(folder, 'captions.txt'), `${lines.join('\n')}\n`);
  const file = new URL('tiny/optimize.yaml', import.meta.url).pathname;
  const own = [`training.pictures.folder=${folder}`, `evaluation.captions=${join(folder, 'captions.txt')}`];
  return decoderCaptions(
    loadConfig(optimizeConfigSchema, file, { settings: [...own, ...settings], currentFolder: folder }),
  );
}

describe('the captions of a decoder’s latents', () => {
  it('to learn from are those of the training pictures', () => {
    expect(captionsOf(['a plum']).training).toEqual(['a red apple', 'a green pear']);
  });

  it('to take figures of are of no training picture, whatever case and spaces, each once', () => {
    const { heldOut, unseen } = captionsOf(['A red  Apple ', 'a plum', 'a green pear', 'a plum', 'a quince']);
    expect(heldOut).toEqual(['a plum', 'a quince']);
    expect(unseen).toBe(2);
  });

  it('are as many as there are latents to take figures of, whatever a search is scored by', () => {
    const lines = ['a plum', 'a quince', 'a fig', 'a grape', 'a melon', 'a lemon'];
    const settings = ['search.captionCount=2', 'decoder.heldOutLatents=5'];
    expect(captionsOf(lines, settings).heldOut).toEqual(lines.slice(0, 5));
    expect(captionsOf(['a plum'], settings).heldOut).toEqual(['a plum']);
  });

  it('are those of training pictures where there are no others, and are not called unseen', () => {
    const { heldOut, unseen } = captionsOf(['a green pear', 'a red apple']);
    expect({ heldOut, unseen }).toEqual({ heldOut: ['a green pear', 'a red apple'], unseen: 0 });
  });

  it('of the emoji set are all unseen, and the same that it gives for any number', () => {
    const config = new URL('../../configs/emoji-full.yaml', import.meta.url).pathname;
    const load = (settings: readonly string[]) =>
      decoderCaptions(loadConfig(optimizeConfigSchema, config, { settings, currentFolder: folder }));
    const [few, many] = [load(['decoder.heldOutLatents=8']), load([])];
    expect(few.heldOut).toEqual(many.heldOut.slice(0, 8));
    expect(many.unseen).toBe(64);
    const held = loadEmojiDataset().filter(({ split }) => split === 'held-out');
    const names = new Set(held.map(({ captions: [main] }) => main));
    expect(many.heldOut.filter((caption) => !names.has(caption))).toEqual([]);
  });
});
