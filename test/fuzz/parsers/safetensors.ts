import fc from 'fast-check';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSafetensorsFolder } from '../../../src/onnx/safetensors-folder.js';
import { openSafetensors, type SafetensorsFile } from '../../../src/onnx/safetensors.js';
import { fuzzed, requireInside } from '../fuzzed-parser.js';
import { anyBytes, hostileJsonBytes, hostileName, mutatedBytes } from '../mutations.js';

const header = {
  __metadata__: { format: 'pt' },
  a: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
  b: { dtype: 'F16', shape: [3], data_offsets: [16, 22] },
  c: { dtype: 'I64', shape: [], data_offsets: [22, 30] },
  d: { dtype: 'U8', shape: [0, 5], data_offsets: [30, 30] },
};
const data = Buffer.alloc(30, 7);

function fileOf(headerBytes: Uint8Array, length: bigint, body: Uint8Array): Buffer {
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt.asUintN(64, length));
  return Buffer.concat([prefix, headerBytes, body]);
}

const sample = Buffer.from(JSON.stringify(header));
const valid = fileOf(sample, BigInt(sample.length), data);

/** A header changed as JSON, with a length that is its own or not, and data of its size or not. */
const structured = fc
  .tuple(
    hostileJsonBytes(header),
    fc.oneof({ weight: 6, arbitrary: fc.constant(0n) }, fc.bigInt(-20n, 20n), fc.bigInt(0n, 2n ** 64n - 1n)),
    fc.oneof(
      { weight: 6, arbitrary: fc.constant(data) },
      fc.nat(64).map((size) => Buffer.alloc(size)),
    ),
  )
  .map(([bytes, more, body]) => fileOf(bytes, BigInt(bytes.length) + more, body));

/** Offsets and shapes that are nearly right, so that all that is checked is the layout. */
const size = fc.oneof(fc.nat(4), fc.constantFrom(2 ** 31, 2 ** 53 - 1, 2 ** 53, 1e300, -1, 0.5));
const layout = fc
  .dictionary(
    fc.string({ maxLength: 4 }),
    fc.record({
      dtype: fc.constantFrom('F32', 'F16', 'BF16', 'I64', 'BOOL', 'F64', 'toString'),
      shape: fc.array(size, { maxLength: 3 }),
      data_offsets: fc.tuple(size, size),
    }),
    { maxKeys: 4 },
  )
  .map((entries) => Buffer.from(JSON.stringify(entries)))
  .map((bytes) => fileOf(bytes, BigInt(bytes.length), Buffer.alloc(8)));

function readAll(file: SafetensorsFile, folder: string): void {
  for (const [name, { path }] of file.tensors) {
    requireInside(folder, path);
    file.readRaw(name);
  }
}

export const safetensors = fuzzed({
  name: 'safetensors file',
  inputs: fc.oneof(
    { weight: 5, arbitrary: structured },
    { weight: 3, arbitrary: layout },
    { weight: 3, arbitrary: mutatedBytes(valid) },
    { weight: 1, arbitrary: anyBytes },
  ),
  read: (bytes, folder) => {
    const path = join(folder, 'model.safetensors');
    writeFileSync(path, bytes);
    readAll(openSafetensors(path), folder);
  },
});

const first = 'model-00001-of-00002.safetensors';
const second = 'model-00002-of-00002.safetensors';
const index = { metadata: { total_size: 60 }, weight_map: { a: first, b: first, c: second, d: second } };

const renamed = fc
  .dictionary(
    fc.constantFrom('a', 'b', 'z', '__proto__'),
    fc.oneof(hostileName, fc.constantFrom(first, `../${first}`)),
    {
      maxKeys: 3,
    },
  )
  .map((map) => Buffer.from(JSON.stringify({ weight_map: map })));

export const shardIndex = fuzzed({
  name: 'safetensors index',
  inputs: fc.oneof({ weight: 3, arbitrary: hostileJsonBytes(index) }, { weight: 1, arbitrary: renamed }),
  read: (bytes, folder) => {
    writeFileSync(join(folder, 'model.safetensors.index.json'), bytes);
    const shards = [join(folder, first), join(folder, second), join(folder, '..', first)];
    for (const shard of shards) if (!existsSync(shard)) writeFileSync(shard, valid);
    readAll(openSafetensorsFolder(folder, 'model'), folder);
  },
});
