import { createHash } from 'node:crypto';
import { createReadStream, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** What tells one model folder from another: SHA-256 over the names and contents of the files that say what it computes. */
export async function hashModelFolder(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const path of modelFiles(folder)) {
    const fileHash = createHash('sha256');
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), fileHash);
    hash.update(relative(folder, path).replaceAll(sep, '/')).update('\0').update(fileHash.digest());
  }
  return hash.digest('hex');
}

/** Read-me files and pictures may change without the model changing. */
const MODEL_FILE = /\.(?:json|safetensors|txt|bin|onnx)$/;

function modelFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && MODEL_FILE.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
