import { describeFound } from '../errors/describe-found.js';
import { parseJson } from '../files/parse-json.js';
import { findDuplicateKey } from './safetensors-duplicate-key.js';
import { SafetensorsError } from './safetensors-error.js';

/** Element types read and written, by the format's own names. */
export type SafetensorsDtype = 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'U8' | 'BOOL';

/** Where a tensor lies: `byteOffset` counts from the start of the file at `path`. */
export interface SafetensorsEntry {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly path: string;
  readonly byteOffset: number;
  readonly byteLength: number;
}

export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Bytes before the header: its length as a little-endian 64-bit integer. */
export const headerPrefixBytes = 8;

/** The reference implementation's limit. */
export const maxHeaderBytes = 100_000_000;

export const bytesPerDtype: Readonly<Record<SafetensorsDtype, number>> = {
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  U8: 1,
  BOOL: 1,
};

/**
 * Parses and checks a header: known dtypes, sizes that match shapes, and tensors that cover the data
 * without gap or overlap, as the reference implementation demands.
 * @throws SafetensorsError naming the file and the tensor
 */
export function parseSafetensorsHeader(
  bytes: Uint8Array,
  fileBytes: number,
  path: string,
): SafetensorsHeader {
  const root = parseJsonObject(bytes, path);
  const dataStart = headerPrefixBytes + bytes.length;
  const tensors = new Map<string, SafetensorsEntry>();
  for (const [name, value] of Object.entries(root)) {
    if (name !== '__metadata__') tensors.set(name, parseEntry(name, value, dataStart, path));
  }
  checkLayout(tensors, dataStart, fileBytes, path);
  return { tensors, metadata: parseMetadata(root['__metadata__'], path) };
}

/** Number of elements, or undefined when it is no safe integer. */
export function countElements(shape: readonly number[]): number | undefined {
  let count = 1;
  for (const size of shape) {
    count *= size;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}

function parseJsonObject(bytes: Uint8Array, path: string): Record<string, unknown> {
  let text: string;
  let root: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    root = parseJson(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `the header is not valid UTF-8 JSON: ${reason}`;
    throw new SafetensorsError('SAFETENSORS_HEADER', message, { path, cause });
  }
  if (!isRecord(root))
    throw new SafetensorsError('SAFETENSORS_HEADER', 'the header is no JSON object', { path });
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) {
    const message = 'the header has this key twice';
    throw new SafetensorsError('SAFETENSORS_DUPLICATE_KEY', message, { path, tensor: duplicate });
  }
  return root;
}

function parseEntry(tensor: string, value: unknown, dataStart: number, path: string): SafetensorsEntry {
  const fail = (message: string) => new SafetensorsError('SAFETENSORS_TENSOR', message, { path, tensor });
  if (!isRecord(value)) throw fail('expected an object with dtype, shape and data_offsets');
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDtype(dtype)) {
    throw fail(`unsupported dtype ${describeFound(dtype)}; known: ${Object.keys(bytesPerDtype).join(', ')}`);
  }
  if (!isSizes(shape)) throw fail('shape must be a list of non-negative integers');
  if (!isSizes(offsets) || offsets.length !== 2) throw fail('data_offsets must be two non-negative integers');
  const [begin = 0, end = 0] = offsets;
  const byteLength = end - begin;
  const expected = countElements([...shape, bytesPerDtype[dtype]]);
  if (expected === undefined) throw fail(`shape ${describeFound(shape)} overflows`);
  if (expected !== byteLength) {
    throw fail(
      `${dtype} of shape ${describeFound(shape)} takes ${expected} bytes, but data_offsets span ${byteLength}`,
    );
  }
  return { dtype, shape, path, byteOffset: dataStart + begin, byteLength };
}

function checkLayout(
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  dataStart: number,
  fileBytes: number,
  path: string,
): void {
  const inFileOrder = [...tensors].sort(
    ([, a], [, b]) => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength,
  );
  let position = dataStart;
  for (const [tensor, { byteOffset, byteLength }] of inFileOrder) {
    if (byteOffset !== position) {
      const what = byteOffset < position ? 'overlaps the tensor before it' : 'leaves a hole before it';
      throw new SafetensorsError(
        'SAFETENSORS_LAYOUT',
        `byte offset ${byteOffset} ${what} (expected ${position})`,
        {
          path,
          tensor,
        },
      );
    }
    position += byteLength;
    if (position > fileBytes) {
      const message = `ends at byte ${position}, but the file has ${fileBytes}`;
      throw new SafetensorsError('SAFETENSORS_LAYOUT', message, {
        path,
        tensor,
        hint: 'the file is cut short: fetch it again',
      });
    }
  }
  if (position !== fileBytes) {
    const message = `tensors end at byte ${position}, but the file has ${fileBytes}`;
    throw new SafetensorsError('SAFETENSORS_LAYOUT', message, { path });
  }
}

function parseMetadata(value: unknown, path: string): ReadonlyMap<string, string> {
  const entries = value === undefined ? [] : isRecord(value) ? Object.entries(value) : undefined;
  const isText = (entry: [string, unknown]): entry is [string, string] => typeof entry[1] === 'string';
  if (entries?.every(isText) === true) return new Map(entries);
  throw new SafetensorsError('SAFETENSORS_HEADER', '__metadata__ must map names to strings', { path });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isDtype(value: unknown): value is SafetensorsDtype {
  return typeof value === 'string' && Object.hasOwn(bytesPerDtype, value);
}

function isSizes(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) && value.every((size: unknown) => Number.isSafeInteger(size) && Number(size) >= 0)
  );
}
