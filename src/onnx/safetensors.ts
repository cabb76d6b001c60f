import { readSync } from 'node:fs';
import { withFile } from '../files/with-file.js';
import { SafetensorsError } from './safetensors-error.js';
import { bfloat16ToFloat32, halfToFloat32 } from './safetensors-float.js';
import type { SafetensorsEntry } from './safetensors-header.js';
import { headerPrefixBytes, maxHeaderBytes, parseSafetensorsHeader } from './safetensors-header.js';

/** Named tensors on disk, in one file or in shards; nothing but headers is read before it is asked for. */
export interface SafetensorsFile {
  /** The file, or the index of the shards. */
  readonly path: string;
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  /** The header's `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;
  /**
   * Elements of an F32, F16 or BF16 tensor as float32, row-major.
   * @throws SafetensorsError when there is no such tensor or it holds no floats
   */
  read(name: string): Float32Array;
  /** The tensor's own little-endian bytes. @throws SafetensorsError when there is no such tensor */
  readRaw(name: string): Uint8Array;
}

/**
 * Opens one safetensors file and checks its whole header. No descriptor is kept open.
 * @throws SafetensorsError when the file can't be read or its header can't be trusted
 */
export function openSafetensors(path: string): SafetensorsFile {
  const { tensors, metadata } = withWeights(path, (descriptor, fileBytes) => {
    const header = readBytes(
      descriptor,
      path,
      headerPrefixBytes,
      readHeaderLength(descriptor, path, fileBytes),
    );
    return parseSafetensorsHeader(header, fileBytes, path);
  });
  return createSafetensorsFile(path, tensors, metadata);
}

/** Reads tensors where their entries say, whichever file that is. */
export function createSafetensorsFile(
  path: string,
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  metadata: ReadonlyMap<string, string>,
): SafetensorsFile {
  const readRaw = (name: string) => readEntry(requireEntry(path, tensors, name), name);
  return {
    path,
    tensors,
    metadata,
    readRaw,
    read: (name) => toFloat32(readRaw(name), requireEntry(path, tensors, name), name),
  };
}

function requireEntry(path: string, tensors: SafetensorsFile['tensors'], name: string): SafetensorsEntry {
  const entry = tensors.get(name);
  if (entry !== undefined) return entry;
  const message = `no such tensor among the ${tensors.size} stored`;
  throw new SafetensorsError('SAFETENSORS_NO_TENSOR', message, { path, tensor: name });
}

function toFloat32(bytes: Uint8Array, { dtype, path }: SafetensorsEntry, tensor: string): Float32Array {
  switch (dtype) {
    case 'F32':
      return new Float32Array(bytes.buffer);
    case 'F16':
      return halfToFloat32(new Uint16Array(bytes.buffer));
    case 'BF16':
      return bfloat16ToFloat32(new Uint16Array(bytes.buffer));
    default: {
      const message = `expected floats (F32, F16 or BF16), found ${dtype}`;
      throw new SafetensorsError('SAFETENSORS_TENSOR', message, { path, tensor });
    }
  }
}

function readEntry(
  { path, byteOffset, byteLength }: SafetensorsEntry,
  tensor: string,
): Uint8Array<ArrayBuffer> {
  return withWeights(path, (descriptor) => readBytes(descriptor, path, byteOffset, byteLength, tensor));
}

function readHeaderLength(descriptor: number, path: string, fileBytes: number): number {
  if (fileBytes < headerPrefixBytes) {
    throw new SafetensorsError('SAFETENSORS_HEADER', `no safetensors file: only ${fileBytes} bytes`, {
      path,
    });
  }
  const start = readBytes(descriptor, path, 0, headerPrefixBytes);
  const length = new DataView(start.buffer).getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes)) {
    refuseStandIn(start, path);
    const message = `header of ${length.toString()} bytes is over the limit of ${maxHeaderBytes}`;
    throw new SafetensorsError('SAFETENSORS_HEADER', message, { path, hint: 'is this a safetensors file?' });
  }
  if (headerPrefixBytes + Number(length) > fileBytes) {
    const message = `header of ${length.toString()} bytes does not fit into the file's ${fileBytes}`;
    throw new SafetensorsError('SAFETENSORS_HEADER', message, { path });
  }
  return Number(length);
}

/** What downloads leave in place of weights: Git LFS's pointers, and pages that say why there are none. */
const standIns = [
  {
    start: 'version ',
    what: 'a pointer of Git LFS',
    hint: 'fetch what it points to: `git lfs pull` in its repository, or `snapevo pull owner/name`',
  },
  {
    start: '<',
    what: 'a web page',
    hint: 'the download went wrong: get the file again, for example with `snapevo pull owner/name`',
  },
];

function refuseStandIn(bytes: Uint8Array, path: string): void {
  const text = new TextDecoder().decode(bytes);
  const found = standIns.find(({ start }) => text.startsWith(start));
  if (found === undefined) return;
  const message = `expected a safetensors file, found ${found.what}`;
  throw new SafetensorsError('SAFETENSORS_HEADER', message, { path, hint: found.hint });
}

/** `readSync` gives at most 2 GiB at a time, and may give less than asked. */
function readBytes(
  descriptor: number,
  path: string,
  position: number,
  byteLength: number,
  tensor?: string,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(byteLength);
  let done = 0;
  while (done < byteLength) {
    const length = Math.min(byteLength - done, 2 ** 30);
    const count = readSync(descriptor, bytes, done, length, position + done);
    if (count === 0) {
      const message = `the file ends after ${position + done} bytes: it was changed after it was opened`;
      throw new SafetensorsError('SAFETENSORS_UNREADABLE', message, {
        path,
        ...(tensor === undefined ? {} : { tensor }),
      });
    }
    done += count;
  }
  return bytes;
}

function withWeights<T>(path: string, use: (descriptor: number, bytes: number) => T): T {
  try {
    return withFile(path, use);
  } catch (cause) {
    if (cause instanceof SafetensorsError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const hint =
      'all files of the weights have to be here: get them again, for example with `snapevo pull owner/name`';
    throw new SafetensorsError('SAFETENSORS_UNREADABLE', `can't be read: ${reason}`, { path, hint, cause });
  }
}
