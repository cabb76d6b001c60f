import { describe, expect, it } from 'vitest';
import { loadCocoCaptions } from '../../src/data/coco.js';
import { loadImageFolder } from '../../src/data/image-folder.js';
import { parseSchedulerConfig } from '../../src/diffusion/scheduler-config.js';
import { SnapEvoError } from '../../src/errors/snapevo-error.js';
import { parseClipPreprocessing } from '../../src/evaluation/clip-preprocessing.js';
import { parseJson } from '../../src/files/parse-json.js';
import { parseUNetConfig } from '../../src/model/unet-config.js';
import { openSafetensorsFolder } from '../../src/onnx/safetensors-folder.js';
import { parseSafetensorsHeader } from '../../src/onnx/safetensors-header.js';
import { folderWith } from '../data/fixtures.js';

const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('parseJson', () => {
  it('reads 64 levels and no more', () => {
    expect(parseJson(deep(64))).toBeDefined();
    expect(() => parseJson(deep(65))).toThrow('nested at most 64 levels deep');
    expect(() => parseJson('{"a":'.repeat(1e6))).toThrow('nested at most 64 levels deep');
  });

  it('counts no brackets in texts', () => {
    const text = JSON.stringify(['['.repeat(1000), '"{'.repeat(1000), '\\']);
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it('refuses more values than memory has room for', () => {
    expect(() => parseJson(`[${'0,'.repeat(1e6)}0]`)).toThrow('at most 1000000 values');
    expect(parseJson(`[${'0,'.repeat(1e6)}0]`, 2e6)).toHaveLength(1e6 + 1);
    expect(() => parseJson(`{${'"a":{},'.repeat(6e5)}"a":0}`)).toThrow('at most 1000000 values');
  });

  it.each(['', '{', '"', '"\\', '[1,]', 'nul', '{"a":1}}', ']]]]', '\u0000'])(
    'refuses %j as JSON.parse does',
    (text) => {
      expect(() => parseJson(text)).toThrow(SyntaxError);
    },
  );
});

/** Readers of strangers' JSON, each given a value nested 200,000 deep where a simple one belongs. */
const tooDeep = deep(200_000);
const readers: Readonly<Record<string, () => unknown>> = {
  'a UNet': () => parseUNetConfig(`{"in_channels":${tooDeep}}`),
  'a scheduler': () => parseSchedulerConfig(`{"_class_name":"DDIMScheduler","beta_start":${tooDeep}}`),
  'a preprocessor': () => parseClipPreprocessing(`{"size":${tooDeep}}`),
  'a safetensors header': () =>
    parseSafetensorsHeader(Buffer.from(`{"a":{"dtype":${tooDeep},"shape":[],"data_offsets":[0,0]}}`), 0, 'a'),
  'an index of shards': () =>
    openSafetensorsFolder(
      folderWith({ 'model.safetensors.index.json': `{"weight_map":{"a":${tooDeep}}}` }),
      'model',
    ),
  'a caption file': () =>
    loadCocoCaptions(`${folderWith({ 'a.json': `{"images":${tooDeep},"annotations":[]}` })}/a.json`),
  'a line of an image folder': () => loadImageFolder(folderWith({ 'metadata.jsonl': `{"text":${tooDeep}}` })),
};

describe.each(Object.entries(readers))('%s nested 200,000 deep', (_, read) => {
  it('is refused in few words', () => {
    let error: unknown;
    try {
      read();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SnapEvoError);
    expect(error).toMatchObject({ fault: 'user' });
    expect((error as SnapEvoError).message.length).toBeLessThan(500);
  });
});
