import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describeFound } from '../errors/describe-found.js';
import { parseJson } from '../files/parse-json.js';
import { MAX_LIST_BYTES, readText } from '../files/read-text.js';
import type { SafetensorsFile } from './safetensors.js';
import { createSafetensorsFile, openSafetensors } from './safetensors.js';
import { findDuplicateKey } from './safetensors-duplicate-key.js';
import { SafetensorsError } from './safetensors-error.js';
import type { SafetensorsEntry } from './safetensors-header.js';

/**
 * Opens a model folder's weights: `<stem>.safetensors`, else the shards of `<stem>.safetensors.index.json`; of a variant,
 * `<stem>.<variant>.safetensors` and `<stem>.safetensors.index.<variant>.json`. The stem is
 * `diffusion_pytorch_model` in diffusers' folders and `model` in transformers'.
 * @throws SafetensorsError when neither is there or a file can't be trusted
 */
export function openSafetensorsFolder(folder: string, stem: string, variant?: string): SafetensorsFile {
  const infix = variant === undefined ? '' : `.${variant}`;
  const single = join(folder, `${stem}${infix}.safetensors`);
  if (existsSync(single)) return openSafetensors(single);
  const index = join(folder, `${stem}.safetensors.index${infix}.json`);
  if (existsSync(index)) return openShardedSafetensors(index);
  throw new SafetensorsError(
    'SAFETENSORS_UNREADABLE',
    `neither ${basename(single)} nor ${basename(index)} is here`,
    {
      path: folder,
      hint: 'weights in other formats (.bin, .ckpt) have to be converted to safetensors first',
    },
  );
}

/**
 * Opens shards by their index (`*.safetensors.index.json`), which says for every tensor which file beside it holds it. What a shard
 * holds besides is there too, for whoever refuses what is too many.
 * @throws SafetensorsError when the index or a shard can't be trusted, or a shard lies outside the index's folder
 */
function openShardedSafetensors(indexPath: string): SafetensorsFile {
  const shards = new Map<string, SafetensorsFile>();
  const tensors = new Map<string, SafetensorsEntry>();
  for (const [name, fileName] of readWeightMap(indexPath)) {
    const shard = shards.get(fileName) ?? openSafetensors(join(dirname(indexPath), fileName));
    shards.set(fileName, shard);
    tensors.set(name, requireInShard(shard, name, indexPath));
  }
  for (const [name, entry] of [...shards.values()].flatMap((shard) => [...shard.tensors])) {
    if (!tensors.has(name)) tensors.set(name, entry);
  }
  const metadata = new Map([...shards.values()].flatMap((shard) => [...shard.metadata]));
  return createSafetensorsFile(indexPath, tensors, metadata);
}

function requireInShard(shard: SafetensorsFile, tensor: string, path: string): SafetensorsEntry {
  const entry = shard.tensors.get(tensor);
  if (entry !== undefined) return entry;
  throw new SafetensorsError('SAFETENSORS_INDEX', `${basename(shard.path)} does not hold it`, {
    path,
    tensor,
  });
}

function readWeightMap(path: string): [string, string][] {
  const weightMap = (parseIndex(path) as { readonly weight_map?: unknown } | null)?.weight_map;
  if (typeof weightMap !== 'object' || weightMap === null || Array.isArray(weightMap)) {
    throw new SafetensorsError('SAFETENSORS_INDEX', 'weight_map must map tensor names to file names', {
      path,
    });
  }
  return Object.entries(weightMap).map(([tensor, fileName]) => [
    tensor,
    checkShardName(path, tensor, fileName),
  ]);
}

function parseIndex(path: string): unknown {
  try {
    const text = readText(path, MAX_LIST_BYTES);
    const index = parseJson(text);
    const duplicate = findDuplicateKey(text);
    if (duplicate === undefined) return index;
    throw new SafetensorsError('SAFETENSORS_DUPLICATE_KEY', 'the index has this key twice', {
      path,
      tensor: duplicate,
    });
  } catch (cause) {
    if (cause instanceof SafetensorsError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SafetensorsError('SAFETENSORS_INDEX', `can't be read as JSON: ${reason}`, { path, cause });
  }
}

/** Links are followed, since the Hugging Face cache is made of them; names that lead elsewhere are not. */
function checkShardName(path: string, tensor: string, fileName: unknown): string {
  if (typeof fileName === 'string' && /^[^/\\:\0]+\.safetensors$/.test(fileName)) return fileName;
  const message = `expected the name of a .safetensors file beside the index, found ${describeFound(fileName)}`;
  throw new SafetensorsError('SAFETENSORS_INDEX', message, { path, tensor });
}
