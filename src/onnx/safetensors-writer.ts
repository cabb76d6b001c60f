import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { fileRemedy } from '../files/file-remedy.js';
import { replaceBy } from '../files/replace-file.js';
import { SafetensorsError } from './safetensors-error.js';
import { float32ToBfloat16, float32ToHalf } from './safetensors-float.js';
import type { SafetensorsDtype } from './safetensors-header.js';
import { bytesPerDtype, countElements, headerPrefixBytes } from './safetensors-header.js';

/** Row-major elements; a `Uint8Array` is U8 unless a tensor's `dtype` says BOOL. */
type Elements = Float32Array | BigInt64Array | Int32Array | Uint8Array;

/** A tensor to be written. */
export interface SafetensorsTensor {
  readonly shape: readonly number[];
  /** Or what gives them when it is their turn: weights that don't fit in memory are written one by one. */
  readonly data: Elements | (() => Float32Array);
  /** For this tensor alone, over the file's. */
  readonly dtype?: SafetensorsDtype;
}

export interface WriteSafetensorsOptions {
  /** What `Float32Array`s are stored as, rounding to nearest even; F32 unless told otherwise. */
  readonly dtype?: 'F32' | 'F16' | 'BF16';
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A file as it was written. */
export interface WrittenFile {
  readonly path: string;
  /** Of all its bytes; lower-case hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

interface PlannedTensor {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly tensor: SafetensorsTensor;
  readonly byteLength: number;
}

/** The reference implementation's order: widest first, so that every tensor is aligned to its element. */
const dtypeRank: Readonly<Record<SafetensorsDtype, number>> = {
  I64: 0,
  F32: 1,
  I32: 2,
  BF16: 3,
  F16: 4,
  U8: 5,
  BOOL: 6,
};

/**
 * Writes tensors to a file that is there whole or not at all: temporary name, fsync, rename. Equal tensors give
 * equal bytes, those of the reference implementation.
 * @throws SafetensorsError when data don't fit a shape or dtype, or a finite value would become infinite; what giving the data throws
 */
export function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  options: WriteSafetensorsOptions = {},
): WrittenFile {
  const planned = planTensors(path, tensors, options.dtype ?? 'F32');
  return replaceWhole(path, function* () {
    yield encodeHeader(planned, options.metadata ?? {});
    for (const { name, dtype, tensor } of planned) {
      yield encodeData(elementsOf(tensor, path, name), dtype, path, name);
    }
  });
}

function planTensors(
  path: string,
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  floatDtype: SafetensorsDtype,
): PlannedTensor[] {
  const planned = [...tensors].map(([name, tensor]) => {
    const dtype = tensor.dtype ?? defaultDtype(tensor.data, floatDtype);
    checkTensor(path, name, tensor, dtype);
    return { name, dtype, tensor, byteLength: (countElements(tensor.shape) ?? 0) * bytesPerDtype[dtype] };
  });
  const keyed = planned.map((tensor) => ({ tensor, key: Buffer.from(tensor.name) }));
  const byRank = (a: PlannedTensor, b: PlannedTensor): number => dtypeRank[a.dtype] - dtypeRank[b.dtype];
  keyed.sort((a, b) => byRank(a.tensor, b.tensor) || Buffer.compare(a.key, b.key));
  return keyed.map(({ tensor }) => tensor);
}

function defaultDtype(data: SafetensorsTensor['data'], floatDtype: SafetensorsDtype): SafetensorsDtype {
  if (data instanceof Float32Array || typeof data === 'function') return floatDtype;
  if (data instanceof BigInt64Array) return 'I64';
  return data instanceof Int32Array ? 'I32' : 'U8';
}

function checkTensor(
  path: string,
  tensor: string,
  { shape, data }: SafetensorsTensor,
  dtype: SafetensorsDtype,
): void {
  const fail = (message: string) => new SafetensorsError('SAFETENSORS_WRITE', message, { path, tensor });
  if (tensor === '__metadata__') throw fail('this name is reserved by the format');
  if (typeof data !== 'function') checkCount(path, tensor, shape, data);
  const isFloat = dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';
  const fits = isFloat
    ? data instanceof Float32Array || typeof data === 'function'
    : defaultDtype(data, 'F32') === (dtype === 'BOOL' ? 'U8' : dtype);
  if (!fits) throw fail(`a ${data.constructor.name} can't be stored as ${dtype}`);
}

function checkCount(path: string, tensor: string, shape: readonly number[], { length }: Elements): void {
  const isWhole = shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (isWhole && countElements(shape) === length) return;
  const message = `shape [${shape.join(', ')}] does not hold ${length} elements`;
  throw new SafetensorsError('SAFETENSORS_WRITE', message, { path, tensor });
}

function elementsOf({ shape, data }: SafetensorsTensor, path: string, tensor: string): Elements {
  if (typeof data !== 'function') return data;
  const given = data();
  checkCount(path, tensor, shape, given);
  return given;
}

function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Length, JSON, and spaces up to a multiple of eight bytes. */
function encodeHeader(
  planned: readonly PlannedTensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const sortedMetadata = Object.entries(metadata).sort(([a], [b]) => compareUtf8(a, b));
  const fields = sortedMetadata.length === 0 ? [] : [`"__metadata__":${stringifyPairs(sortedMetadata)}`];
  let begin = 0;
  for (const { name, dtype, tensor, byteLength } of planned) {
    const entry = { dtype, shape: tensor.shape, data_offsets: [begin, begin + byteLength] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    begin += byteLength;
  }
  const json = Buffer.from(`{${fields.join(',')}}`);
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = Buffer.alloc(headerPrefixBytes + length, ' ');
  bytes.writeBigUInt64LE(BigInt(length));
  json.copy(bytes, headerPrefixBytes);
  return bytes;
}

/** By hand, since an object would put number-like names first. */
function stringifyPairs(pairs: readonly (readonly [string, string])[]): string {
  return `{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`;
}

function encodeData(data: Elements, dtype: SafetensorsDtype, path: string, tensor: string): Uint8Array {
  if (!(data instanceof Float32Array) || dtype === 'F32') return bytesOf(data);
  const bits = dtype === 'F16' ? float32ToHalf(data) : float32ToBfloat16(data);
  const infinity = dtype === 'F16' ? 0x7c00 : 0x7f80;
  const overflow = bits.findIndex((half, i) => (half & 0x7fff) === infinity && Number.isFinite(data[i]));
  if (overflow >= 0) {
    const message = `element ${overflow} (${data[overflow] ?? 0}) is too large for ${dtype}`;
    const hint = dtype === 'F16' ? 'store this file as BF16 or F32' : 'store this file as F32';
    throw new SafetensorsError('SAFETENSORS_WRITE', message, { path, tensor, hint });
  }
  return bytesOf(bits);
}

function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function replaceWhole(path: string, chunks: () => Iterable<Uint8Array>): WrittenFile {
  try {
    const written = replaceBy(path, (temporary) => writeAndSync(temporary, chunks()));
    return { path, ...written };
  } catch (cause) {
    if (cause instanceof SnapEvoError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const hint = fileRemedy(cause);
    throw new SafetensorsError('SAFETENSORS_WRITE', `can't be written: ${reason}`, {
      path,
      cause,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

function writeAndSync(path: string, chunks: Iterable<Uint8Array>): Omit<WrittenFile, 'path'> {
  const descriptor = openSync(path, 'w');
  const hash = createHash('sha256');
  let sizeBytes = 0;
  try {
    for (const chunk of chunks) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      for (let done = 0; done < chunk.length;) {
        done += writeSync(descriptor, chunk, done, Math.min(chunk.length - done, 2 ** 30));
      }
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}
