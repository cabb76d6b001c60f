import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSafetensors } from '../../src/onnx/safetensors.js';
import type { SafetensorsTensor } from '../../src/onnx/safetensors-writer.js';
import { writeSafetensors } from '../../src/onnx/safetensors-writer.js';
import { temporaryFolder } from './safetensors-fixtures.js';

const folder = join(import.meta.dirname, '../golden/onnx');
const path = join(folder, 'mixed.safetensors');
const golden = JSON.parse(readFileSync(join(folder, 'mixed.json'), 'utf8')) as Record<string, string[]>;

function goldenFloats(name: string): Float32Array {
  return Float32Array.from(golden[name] ?? [], (text) => Number(text.replace('inf', 'Infinity')));
}

const tensors = new Map<string, SafetensorsTensor>([
  ['flag', { shape: [3], data: Uint8Array.of(1, 0, 1), dtype: 'BOOL' }],
  ['byte', { shape: [3], data: Uint8Array.of(0, 255, 3) }],
  ['brain', { shape: [15], data: goldenFloats('values'), dtype: 'BF16' }],
  ['half', { shape: [15], data: goldenFloats('values'), dtype: 'F16' }],
  ['int', { shape: [1, 2], data: Int32Array.of(-5, 7) }],
  ['é.weight', { shape: [1], data: Float32Array.of(7) }],
  ['scalar', { shape: [], data: Float32Array.of(2.5) }],
  ['float', { shape: [3, 5], data: goldenFloats('values') }],
  ['empty', { shape: [0, 4], data: new Float32Array(0) }],
  ['long', { shape: [3], data: BigInt64Array.of(-(2n ** 63n), 0n, 2n ** 53n + 1n) }],
]);

describe('a file of the reference implementation', () => {
  const file = openSafetensors(path);

  it('has its tensors, shapes and metadata', () => {
    expect(
      Object.fromEntries([...file.tensors].map(([name, { dtype, shape }]) => [name, [dtype, shape]])),
    ).toEqual({
      long: ['I64', [3]],
      empty: ['F32', [0, 4]],
      float: ['F32', [3, 5]],
      scalar: ['F32', []],
      'é.weight': ['F32', [1]],
      int: ['I32', [1, 2]],
      brain: ['BF16', [15]],
      half: ['F16', [15]],
      byte: ['U8', [3]],
      flag: ['BOOL', [3]],
    });
    expect([...file.metadata]).toEqual([['format', 'pt']]);
  });

  it.each([
    ['float', 'values'],
    ['half', 'half'],
    ['brain', 'brain'],
  ])('widens %s to the values torch sees', (name, key) => {
    expect(file.read(name)).toEqual(goldenFloats(key));
  });

  it('gives the bytes of what is no float', () => {
    expect([...file.readRaw('byte')]).toEqual([0, 255, 3]);
    expect([...new BigInt64Array(file.readRaw('long').slice().buffer)]).toEqual([
      -(2n ** 63n),
      0n,
      2n ** 53n + 1n,
    ]);
    expect(() => file.read('byte')).toThrow(/expected floats.*found U8/);
  });

  it('says where each tensor lies in the file', () => {
    const { byteOffset, byteLength } = file.tensors.get('half') ?? { byteOffset: 0, byteLength: 0 };
    const bytes = readFileSync(path).subarray(byteOffset, byteOffset + byteLength);
    expect([...bytes]).toEqual([...file.readRaw('half')]);
  });

  it('comes out the same, byte for byte, when written again from its values', () => {
    const copy = join(temporaryFolder(), 'copy.safetensors');
    writeSafetensors(copy, tensors, { metadata: { format: 'pt' } });
    expect(readFileSync(copy).equals(readFileSync(path))).toBe(true);
  });
});
