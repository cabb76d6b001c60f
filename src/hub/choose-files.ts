import { SnapEvoError } from '../errors/snapevo-error.js';
import type { RepositoryFile } from './repository-file.js';

/** Folders of a pipeline that text-to-image goes without, and copies of its parts for other programs. */
const SPARE_FOLDERS = new Set(['safety_checker', 'onnx', 'openvino', 'flax', 'coreml', 'logs']);
const WEIGHTS = /^(?<stem>.+?)\.safetensors(?<index>\.index(?:\.[^.]+)?\.json)?$/;
const SHARD = /-\d{5}-of-\d{5}$/;
const TEXTS = /\.(json|txt|md)$|(^|\/)LICENSE[^/]*$/i;

/**
 * The files of a repository that SnapEvo works with: configurations, tokenizers, licences, and of the weights the safetensors of
 * one variant. Pickles, single-file checkpoints beside a pipeline's folders, and other programs' formats are left out.
 * @param variant e.g. `fp16`, for `model.fp16.safetensors`; null for the plain files
 * @throws SnapEvoError `HUB_NO_WEIGHTS` where no weights are left, telling what there is
 */
export function chooseFiles(
  files: readonly RepositoryFile[],
  variant: string | null,
): readonly RepositoryFile[] {
  const isPipeline = files.some(({ path }) => path === 'model_index.json');
  const useful = files.filter(({ path }) => {
    const folder = path.includes('/') ? path.slice(0, path.indexOf('/')) : null;
    if (folder !== null && SPARE_FOLDERS.has(folder)) return false;
    if (!path.includes('.safetensors')) return TEXTS.test(path);
    return (!isPipeline || folder !== null) && variantOf(path) === variant;
  });
  if (useful.some(({ path }) => path.endsWith('.safetensors'))) return useful;
  throw new SnapEvoError({
    code: 'HUB_NO_WEIGHTS',
    message: `expected safetensors files${variant === null ? '' : ` of the variant ${variant}`}, found ${describe(files)}`,
    hint: hintFor(files),
  });
}

/** Of `model.fp16.safetensors`, `model.fp16-00001-of-00002.safetensors` and `model.safetensors.index.fp16.json`: `fp16`. */
function variantOf(path: string): string | null {
  const { stem = '', index } = WEIGHTS.exec(path.slice(path.lastIndexOf('/') + 1))?.groups ?? {};
  if (index !== undefined) return index.split('.').slice(2, -1).at(0) ?? variantOf(`${stem}.safetensors`);
  const [, ...variants] = stem.replace(SHARD, '').split('.');
  return variants.at(-1) ?? null;
}

function describe(files: readonly RepositoryFile[]): string {
  const weights = files.filter(({ path }) => /\.(safetensors|bin|ckpt|pt|msgpack|onnx|h5)$/.test(path));
  if (weights.length === 0) return 'no weights at all';
  const named = weights.slice(0, 8).map(({ path }) => path);
  return [...named, ...(weights.length > 8 ? [`${weights.length - 8} more`] : [])].join(', ');
}

function hintFor(files: readonly RepositoryFile[]): string {
  const variants = files
    .filter(({ path }) => path.endsWith('.safetensors'))
    .map(({ path }) => variantOf(path));
  const named = [...new Set(variants)].filter((variant) => variant !== null);
  if (named.length > 0) return `add --variant ${named.join(' or --variant ')}`;
  if (variants.length > 0) return 'leave --variant out';
  return 'pickled weights can run code and are not read: convert them with diffusers or transformers, `save_pretrained(folder, safe_serialization=True)`';
}
