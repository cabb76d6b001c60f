import { readSync } from 'node:fs';
import { withFile } from './with-file.js';

/**
 * What a stranger's file holds. No more is read than may be there.
 * @throws Error as {@link withFile} does, and for more bytes than may be there
 */
export function readBytes(path: string, maxBytes: number): Uint8Array {
  return withFile(path, (descriptor, size) => {
    if (size > maxBytes) throw new Error(`expected at most ${maxBytes} bytes, found ${size}`);
    return readUpTo(descriptor, size);
  });
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
