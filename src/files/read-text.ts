import { readBytes } from './read-bytes.js';

/** What programs write about a model: configurations, schedulers. */
export const MAX_CONFIG_BYTES = 2 ** 20;

/** Lists that grow with a model: vocabularies, what shard holds which tensor. */
export const MAX_LIST_BYTES = 100_000_000;

/** Lists that grow with a data set: captions. JavaScript holds no longer text. */
export const MAX_DATA_BYTES = 2 ** 29 - 24;

/**
 * The text of a stranger's file, without a byte order mark. No more is read than may be there.
 * @throws Error as {@link readBytes} does, and for bytes that are no UTF-8
 */
export function readText(path: string, maxBytes: number): string {
  const bytes = readBytes(path, maxBytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Error('expected UTF-8 text, found other bytes', { cause });
  }
}
