import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { FileHash } from './repository-file.js';

/**
 * Hash of a file on disk, as the hub reckons it.
 * @param size of the file, in bytes: Git hashes it before the bytes
 */
export async function hashFile(
  path: string,
  algorithm: FileHash['algorithm'],
  size: number,
): Promise<string> {
  const hash = createHash(algorithm === 'sha256' ? 'sha256' : 'sha1');
  if (algorithm === 'git-sha1') hash.update(`blob ${size}\0`);
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
