import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SnapEvoError } from '../../src/errors/snapevo-error.js';
import { openSafetensors } from '../../src/onnx/safetensors.js';
import { writeSafetensors, type SafetensorsTensor } from '../../src/onnx/safetensors-writer.js';
import { errorOf, temporaryFolder, writeForged } from './safetensors-fixtures.js';

const f32 = (shape: unknown, begin: number, end: number) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('openSafetensors refuses', () => {
  it.each<[string, string, unknown, number, string?]>([
    ['no JSON', 'SAFETENSORS_HEADER', '{"a":', 0],
    ['a list', 'SAFETENSORS_HEADER', [], 0],
    ['metadata that are no strings', 'SAFETENSORS_HEADER', { __metadata__: { a: 1 } }, 0],
    ['a name twice', 'SAFETENSORS_DUPLICATE_KEY', '{"a":{"x":1},"\\u0061":{"x":1}}', 0, 'a'],
    ['an unknown dtype', 'SAFETENSORS_TENSOR', { a: { ...f32([1], 0, 4), dtype: 'F64' } }, 4, 'a'],
    [
      'a dtype named like an object member',
      'SAFETENSORS_TENSOR',
      { a: { ...f32([1], 0, 4), dtype: 'toString' } },
      4,
      'a',
    ],
    ['an entry that is no object', 'SAFETENSORS_TENSOR', { a: null }, 0, 'a'],
    ['a negative size', 'SAFETENSORS_TENSOR', { a: f32([-1], 0, 4) }, 4, 'a'],
    ['half a size', 'SAFETENSORS_TENSOR', { a: f32([0.5], 0, 2) }, 2, 'a'],
    ['a shape that overflows', 'SAFETENSORS_TENSOR', { a: f32([2 ** 31, 2 ** 31, 0], 0, 0) }, 0, 'a'],
    ['bytes that do not fit the shape', 'SAFETENSORS_TENSOR', { a: f32([2], 0, 4) }, 4, 'a'],
    ['an end before the start', 'SAFETENSORS_TENSOR', { a: f32([1], 4, 0) }, 4, 'a'],
    ['three offsets', 'SAFETENSORS_TENSOR', { a: { ...f32([1], 0, 4), data_offsets: [0, 4, 8] } }, 4, 'a'],
    ['an overlap', 'SAFETENSORS_LAYOUT', { a: f32([2], 0, 8), b: f32([1], 4, 8) }, 8, 'b'],
    ['a hole', 'SAFETENSORS_LAYOUT', { a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12, 'b'],
    ['data beyond the end', 'SAFETENSORS_LAYOUT', { a: f32([2], 0, 8) }, 4, 'a'],
    ['data that belong to no tensor', 'SAFETENSORS_LAYOUT', { a: f32([1], 0, 4) }, 8],
  ])('%s', (_, code, header, dataBytes, tensor) => {
    const path = writeForged(header, dataBytes);
    const error = errorOf(() => openSafetensors(path));
    expect(error.code).toBe(code);
    expect(error.where).toBe(tensor === undefined ? path : `${path}, tensor "${tensor}"`);
  });

  it.each([
    ['a header longer than the file', 3n],
    ['a header over the limit', 100_000_001n],
    ['a header of absurd length', 2n ** 64n - 1n],
  ])('%s', (_, length) => {
    expect(errorOf(() => openSafetensors(writeForged('{}', 0, length))).code).toBe('SAFETENSORS_HEADER');
  });

  it('bytes that are no UTF-8', () => {
    const path = writeForged('{"a":"a"}', 0);
    const bytes = readFileSync(path);
    bytes[10] = 0xff;
    writeFileSync(path, bytes);
    expect(errorOf(() => openSafetensors(path)).code).toBe('SAFETENSORS_HEADER');
  });

  it('a file too short for a header, and one that is not there', () => {
    const path = join(temporaryFolder(), 'short');
    expect(errorOf(() => openSafetensors(path)).code).toBe('SAFETENSORS_UNREADABLE');
    writeFileSync(path, 'short');
    expect(errorOf(() => openSafetensors(path)).code).toBe('SAFETENSORS_HEADER');
  });

  it('anything else with its own error: no forged byte gets another exception out', () => {
    const path = writeForged({ a: f32([2, 3], 0, 24), __metadata__: { format: 'pt' } }, 24);
    const original = readFileSync(path);
    fc.assert(
      fc.property(fc.nat(original.length - 1), fc.nat(255), (position, byte) => {
        const bytes = Buffer.from(original);
        bytes[position] = byte;
        writeFileSync(path, bytes);
        try {
          const file = openSafetensors(path);
          for (const name of file.tensors.keys()) file.readRaw(name);
        } catch (error) {
          expect(error).toHaveProperty('code', expect.stringMatching(/^SAFETENSORS_/));
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('what a download left in place of weights is told', () => {
  it.each([
    [
      'a pointer of Git LFS',
      'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4\n',
      'git lfs pull',
    ],
    ['a web page', '<!DOCTYPE html><html><title>404</title></html>', 'snapevo pull'],
  ])('%s', (what, content, hint) => {
    const path = join(temporaryFolder(), 'model.safetensors');
    writeFileSync(path, content);
    expect(() => openSafetensors(path)).toThrow(
      expect.objectContaining({
        message: `expected a safetensors file, found ${what}`,
        hint: expect.stringContaining(hint) as string,
      }),
    );
  });
});

describe('a file that was opened', () => {
  it('names the tensor it does not have', () => {
    const file = openSafetensors(writeForged('{}', 0));
    const error = errorOf(() => file.read('conv.weight'));
    expect(error.code).toBe('SAFETENSORS_NO_TENSOR');
    expect(error.where).toBe(`${file.path}, tensor "conv.weight"`);
  });

  it('says so when it was cut short meanwhile', () => {
    const path = writeForged({ a: f32([2], 0, 8) }, 8);
    const file = openSafetensors(path);
    truncateSync(path, readFileSync(path).length - 4);
    expect(errorOf(() => file.read('a')).code).toBe('SAFETENSORS_UNREADABLE');
  });
});

describe('writeSafetensors', () => {
  const float32Tensor = fc
    .array(fc.nat(4), { maxLength: 3 })
    .chain((shape) =>
      fc
        .float32Array({ minLength: product(shape), maxLength: product(shape) })
        .map((data) => ({ shape, data })),
    );

  it('gives back names, shapes and every bit of the values', () => {
    const path = join(temporaryFolder(), 'a.safetensors');
    const names = fc.string({ unit: 'grapheme' }).filter((name) => name !== '__metadata__');
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(names, float32Tensor), { selector: ([name]) => name }),
        (entries) => {
          writeSafetensors(path, new Map<string, SafetensorsTensor>(entries));
          const file = openSafetensors(path);
          expect(file.tensors.size).toBe(entries.length);
          for (const [name, { shape, data }] of entries) {
            expect(file.tensors.get(name)?.shape).toEqual(shape);
            expect(Buffer.from(file.readRaw(name)).equals(Buffer.from(data.buffer))).toBe(true);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('gives the same bytes whatever the order, with data eight-byte aligned', () => {
    const path = join(temporaryFolder(), 'a.safetensors');
    const entries = [
      ['b', { shape: [3], data: Float32Array.of(1, 2, 3) }],
      ['a', { shape: [1], data: Float32Array.of(4) }],
      ['10', { shape: [1], data: BigInt64Array.of(4n) }],
    ] as const;
    const metadata = { z: '1', '2': 'two', a: '3' };
    writeSafetensors(path, new Map<string, SafetensorsTensor>(entries), { metadata });
    const first = readFileSync(path);
    writeSafetensors(path, new Map<string, SafetensorsTensor>([...entries].reverse()), { metadata });
    expect(readFileSync(path).equals(first)).toBe(true);
    expect(Number(first.readBigUInt64LE()) % 8).toBe(0);
    expect(openSafetensors(path).metadata).toEqual(new Map(Object.entries(metadata)));
  });

  it('asks for data that are given later one at a time, in the order of the file, and writes the same', () => {
    const path = join(temporaryFolder(), 'a.safetensors');
    const data = { b: Float32Array.of(1, -2), a: Float32Array.of(0.3), c: Float32Array.of() };
    const asked: string[] = [];
    const [now, later] = [false, true].map((isLater) => {
      const tensors = Object.entries(data).map(([name, elements]) => {
        const give = (): Float32Array => {
          asked.push(name);
          return elements;
        };
        return [name, { shape: [elements.length], data: isLater ? give : elements }] as const;
      });
      const { sha256 } = writeSafetensors(path, new Map(tensors), { dtype: 'F16' });
      return sha256;
    });
    expect(later).toBe(now);
    expect(asked).toEqual(['a', 'b', 'c']);
  });

  it('leaves the old file as it was when data that are given later do not come', () => {
    const path = join(temporaryFolder(), 'a.safetensors');
    writeSafetensors(path, new Map([['old', { shape: [1], data: Float32Array.of(1) }]]));
    const before = readFileSync(path);
    const write = (data: () => Float32Array): unknown =>
      errorOf(() => writeSafetensors(path, new Map([['a', { shape: [2], data }]])));
    expect(write(() => Float32Array.of(1))).toMatchObject({
      code: 'SAFETENSORS_WRITE',
      message: expect.stringContaining('shape [2] does not hold 1 elements') as string,
    });
    const gone = new SnapEvoError({ code: 'GONE', message: 'gone' });
    const fail = (): never => {
      throw gone;
    };
    expect(() => writeSafetensors(path, new Map([['a', { shape: [2], data: fail }]]))).toThrow(gone);
    expect(readdirSync(dirname(path))).toEqual(['a.safetensors']);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('writes views of larger buffers', () => {
    const path = join(temporaryFolder(), 'a.safetensors');
    const view = Float32Array.of(0, 1, 2, 3).subarray(1, 3);
    for (const dtype of ['F32', 'F16', 'BF16'] as const) {
      writeSafetensors(path, new Map([['a', { shape: [2], data: view }]]), { dtype });
      expect(openSafetensors(path).tensors.get('a')?.dtype).toBe(dtype);
      expect(openSafetensors(path).read('a')).toEqual(Float32Array.of(1, 2));
    }
  });

  it.each([
    ['a shape that does not fit', 'a', { shape: [2], data: Float32Array.of(1) }, /shape \[2\]/],
    ['the reserved name', '__metadata__', { shape: [1], data: Float32Array.of(1) }, /reserved/],
    [
      'integers as floats',
      'a',
      { shape: [1], data: Int32Array.of(1), dtype: 'F32' as const },
      /Int32Array.*F32/,
    ],
    [
      'floats as integers',
      'a',
      { shape: [1], data: Float32Array.of(1), dtype: 'I32' as const },
      /Float32Array.*I32/,
    ],
    [
      'a number too large for a half',
      'a',
      { shape: [2], data: Float32Array.of(1, 7e4) },
      /element 1 \(70000\).*F16/,
    ],
  ])('refuses %s and leaves the old file as it was', (_, name, tensor, message) => {
    const folder = temporaryFolder();
    const path = join(folder, 'a.safetensors');
    writeSafetensors(path, new Map([['old', { shape: [1], data: Float32Array.of(1) }]]));
    const error = errorOf(() => {
      writeSafetensors(path, new Map([[name, tensor]]), { dtype: 'F16' });
    });
    expect(error.code).toBe('SAFETENSORS_WRITE');
    expect(error.message).toMatch(message);
    expect([...openSafetensors(path).tensors.keys()]).toEqual(['old']);
    expect(readdirSync(folder)).toEqual(['a.safetensors']);
  });

  it('keeps infinities, which are no overflow', () => {
    const path = join(temporaryFolder(), 'a.safetensors');
    writeSafetensors(path, new Map([['a', { shape: [2], data: Float32Array.of(Infinity, -Infinity) }]]), {
      dtype: 'F16',
    });
    expect([...openSafetensors(path).read('a')]).toEqual([Infinity, -Infinity]);
  });

  it('names the file when the folder is not there', () => {
    const path = join(temporaryFolder(), 'missing', 'a.safetensors');
    const error = errorOf(() => {
      writeSafetensors(path, new Map());
    });
    expect([error.code, error.where, existsSync(path)]).toEqual(['SAFETENSORS_WRITE', path, false]);
  });
});

function product(shape: readonly number[]): number {
  return shape.reduce((count, size) => count * size, 1);
}
