import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSafetensorsFolder } from '../../src/onnx/safetensors-folder.js';
import { writeSafetensors } from '../../src/onnx/safetensors-writer.js';
import { errorOf, temporaryFolder } from './safetensors-fixtures.js';

function writeShards(index: unknown): string {
  const folder = temporaryFolder();
  for (const [file, name, value] of [
    ['1', 'a', 1],
    ['2', 'b', 2],
  ] as const) {
    const tensors = new Map([[name, { shape: [1], data: Float32Array.of(value) }]]);
    writeSafetensors(join(folder, `model-${file}.safetensors`), tensors);
  }
  const text = typeof index === 'string' ? index : JSON.stringify(index);
  writeFileSync(join(folder, 'model.safetensors.index.json'), text);
  return folder;
}

describe('openSafetensorsFolder', () => {
  it('opens a single file', () => {
    const folder = temporaryFolder();
    const tensors = new Map([['a', { shape: [1], data: Float32Array.of(5) }]]);
    writeSafetensors(join(folder, 'model.safetensors'), tensors, { metadata: { format: 'pt' } });
    const file = openSafetensorsFolder(folder, 'model');
    expect(file.read('a')).toEqual(Float32Array.of(5));
    expect(file.metadata.get('format')).toBe('pt');
  });

  it('reads each tensor from its shard', () => {
    const folder = writeShards({
      metadata: { total_size: 8 },
      weight_map: { a: 'model-1.safetensors', b: 'model-2.safetensors' },
    });
    const file = openSafetensorsFolder(folder, 'model');
    expect([...file.tensors].map(([name, { path }]) => [name, path])).toEqual([
      ['a', join(folder, 'model-1.safetensors')],
      ['b', join(folder, 'model-2.safetensors')],
    ]);
    expect(file.read('a')).toEqual(Float32Array.of(1));
    expect(file.read('b')).toEqual(Float32Array.of(2));
  });

  it.each<[string, string, unknown, RegExp]>([
    [
      'a shard above the folder',
      'SAFETENSORS_INDEX',
      { weight_map: { a: '../model-1.safetensors' } },
      /beside the index/,
    ],
    [
      'an absolute path',
      'SAFETENSORS_INDEX',
      { weight_map: { a: '/model-1.safetensors' } },
      /beside the index/,
    ],
    [
      'a Windows path',
      'SAFETENSORS_INDEX',
      { weight_map: { a: '..\\model-1.safetensors' } },
      /beside the index/,
    ],
    ['another kind of file', 'SAFETENSORS_INDEX', { weight_map: { a: 'model.bin' } }, /beside the index/],
    ['a shard that is no name', 'SAFETENSORS_INDEX', { weight_map: { a: 1 } }, /beside the index/],
    [
      'a tensor its shard does not hold',
      'SAFETENSORS_INDEX',
      { weight_map: { b: 'model-1.safetensors' } },
      /does not hold/,
    ],
    [
      'a shard that is missing',
      'SAFETENSORS_UNREADABLE',
      { weight_map: { a: 'model-3.safetensors' } },
      /ENOENT/,
    ],
    ['no weight_map', 'SAFETENSORS_INDEX', {}, /weight_map/],
    ['null', 'SAFETENSORS_INDEX', null, /weight_map/],
    ['no JSON', 'SAFETENSORS_INDEX', '{', /JSON/],
    ['a tensor twice', 'SAFETENSORS_DUPLICATE_KEY', '{"weight_map":{"a":"x","a":"y"}}', /twice/],
  ])('refuses %s', (_, code, index, message) => {
    const folder = writeShards(index);
    const error = errorOf(() => openSafetensorsFolder(folder, 'model'));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('shows what a shard holds besides', () => {
    const folder = writeShards({ weight_map: { a: 'model-1.safetensors' } });
    const extra = new Map(['a', 'c'].map((name) => [name, { shape: [1], data: Float32Array.of(1) }]));
    writeSafetensors(join(folder, 'model-1.safetensors'), extra);
    expect([...openSafetensorsFolder(folder, 'model').tensors.keys()]).toEqual(['a', 'c']);
  });

  it('says what to do about a shard that is not there', () => {
    const folder = writeShards({ weight_map: { a: 'model-1.safetensors', b: 'model-3.safetensors' } });
    expect(() => openSafetensorsFolder(folder, 'model')).toThrow(
      expect.objectContaining({
        code: 'SAFETENSORS_UNREADABLE',
        where: join(folder, 'model-3.safetensors'),
        hint: expect.stringContaining('all files of the weights have to be here') as string,
      }),
    );
  });

  it('says what it looked for when there are no weights', () => {
    const folder = temporaryFolder();
    const error = errorOf(() => openSafetensorsFolder(folder, 'diffusion_pytorch_model'));
    expect(error.message).toContain('diffusion_pytorch_model.safetensors.index.json');
    expect(error.where).toBe(folder);
  });
});
