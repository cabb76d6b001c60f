import { readSync } from 'node:fs';
import { withFile } from './with-file.js';

/** What is written by hand, or by programs about a model: configurations, schedulers. */
export const MAX_CONFIG_BYTES = 2 ** 20;

/** Lists that grow with a model: vocabularies, what shard holds which tensor. */
export const MAX_LIST_BYTES = 100_000_000;

/** Lists that grow with a data set: captions. JavaScript holds no longer text. */
export const MAX_DATA_BYTES = 2 ** 29 - 24;

/**
 * The text of a stranger's file, without a byte order mark. No more is read than may be there.
 * @throws Error as {@link withFile} does, for more bytes than may be there, and for bytes that are no UTF-8
 */
export function readText(path: string, maxBytes: number): string {
  const bytes = withFile(path, (descriptor, size) => {
    if (size > maxBytes) throw new Error(`expected at most ${maxBytes} bytes, found ${size}`);
    return readUpTo(descriptor, size);
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Error('expected UTF-8 text, found other bytes', { cause });
  }
}

/** Fewer where the file became shorter meanwhile. */
function readUpTo(descriptor: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let read = 0;
  while (read < size) {
    const count = readSync(descriptor, bytes, read, size - read, read);
    if (count === 0) break;
    read += count;
  }
  return bytes.subarray(0, read);
}
