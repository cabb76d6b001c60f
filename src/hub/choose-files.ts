import { SnapEvoError } from '../errors/snapevo-error.js';
import { PULL_RECORD_FILE } from './pull-record.js';
import type { RepositoryFile } from './repository-file.js';

/** What is taken of a pipeline: the repository's own files and the folders that text-to-image needs. */
const PARTS = new Set(['', 'unet', 'vae', 'text_encoder', 'tokenizer', 'scheduler', 'feature_extractor']);
/** What is not taken of other models: copies for other programs. */
const SPARE_FOLDERS = new Set(['onnx', 'openvino', 'flax', 'coreml', 'logs']);
const WEIGHTS = /^(?<stem>.+?)\.safetensors(?<index>\.index(?:\.[^.]+)?\.json)?$/;
const SHARD = /-\d{5}-of-\d{5}$/;
/** What diffusers and transformers call a model's weights; others are those of other programs. */
const STEM = /^(?:model|diffusion_pytorch_model)(?=[.-])/;
const TEXTS = /\.(json|txt|md)$|(^|\/)LICENSE[^/]*$/i;

/**
 * The files of a repository that SnapEvo works with: configurations, tokenizers, licences, and of the weights the safetensors of
 * one variant, or the plain ones of a part that has none of it. Pickles, single-file checkpoints beside a pipeline's folders,
 * other programs' formats, and what would take the place of the folder's own record are left out.
 * @param variant e.g. `fp16`, for `model.fp16.safetensors`; null for the plain files
 * @throws SnapEvoError `HUB_NO_WEIGHTS` where no weights are left, telling what there is
 */
export function chooseFiles(
  files: readonly RepositoryFile[],
  variant: string | null,
): readonly RepositoryFile[] {
  const isPipeline = files.some(({ path }) => path === 'model_index.json');
  const useful = files.filter(({ path }) => {
    const folder = folderOf(path);
    if (isRecord(path)) return false;
    if (isPipeline ? !PARTS.has(folder) : SPARE_FOLDERS.has(folder)) return false;
    if (!path.includes('.safetensors')) return TEXTS.test(path);
    return STEM.test(nameOf(path)) && (!isPipeline || folder !== '');
  });
  const weights = useful.filter(({ path }) => path.includes('.safetensors'));
  const chosen = ofVariant(weights, variant);
  if (chosen.length === 0) throw noWeights(files, weights, variant);
  const pickled = isPipeline ? pickledParts(files, chosen) : [];
  if (pickled.length > 0) throw noWeights(pickled, [], null);
  return useful.filter((file) => !weights.includes(file) || chosen.includes(file));
}

/** Those of a variant, with the plain ones of folders that have none of it; none where no folder has it. */
function ofVariant(weights: readonly RepositoryFile[], variant: string | null): readonly RepositoryFile[] {
  const having = new Set(
    weights.filter(({ path }) => variantOf(path) === variant).map(({ path }) => folderOf(path)),
  );
  if (having.size === 0) return [];
  return weights.filter(({ path }) => variantOf(path) === (having.has(folderOf(path)) ? variant : null));
}

/** Weights of a pipeline's parts that have no others. */
function pickledParts(
  files: readonly RepositoryFile[],
  chosen: readonly RepositoryFile[],
): readonly RepositoryFile[] {
  const having = new Set(['', ...chosen.map(({ path }) => folderOf(path))]);
  return files.filter(
    ({ path }) => PARTS.has(folderOf(path)) && !having.has(folderOf(path)) && path.endsWith('.bin'),
  );
}

/** The record of what was pulled, or a folder in its place; some file systems take small and capital letters for the same. */
function isRecord(path: string): boolean {
  return path.toLowerCase().split('/')[0] === PULL_RECORD_FILE;
}

/** The first folder of a path; '' for a file beside the folders. */
function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Of `model.fp16.safetensors`, `model.fp16-00001-of-00002.safetensors` and `model.safetensors.index.fp16.json`: `fp16`. */
function variantOf(path: string): string | null {
  const { stem = '', index } = WEIGHTS.exec(nameOf(path))?.groups ?? {};
  if (index !== undefined) return index.split('.').slice(2, -1).at(0) ?? variantOf(`${stem}.safetensors`);
  const [, ...variants] = stem.replace(SHARD, '').split('.');
  return variants.at(-1) ?? null;
}

function noWeights(
  files: readonly RepositoryFile[],
  weights: readonly RepositoryFile[],
  variant: string | null,
): SnapEvoError {
  return new SnapEvoError({
    code: 'HUB_NO_WEIGHTS',
    message: `expected safetensors files${variant === null ? '' : ` of the variant ${variant}`}, found ${describe(files)}`,
    hint: hintFor(weights),
  });
}

function describe(files: readonly RepositoryFile[]): string {
  const weights = files.filter(({ path }) => /\.(safetensors|bin|ckpt|pt|msgpack|onnx|h5)$/.test(path));
  if (weights.length === 0) return 'no weights at all';
  const named = weights.slice(0, 8).map(({ path }) => path);
  return [...named, ...(weights.length > 8 ? [`${weights.length - 8} more`] : [])].join(', ');
}

function hintFor(weights: readonly RepositoryFile[]): string {
  const variants = weights.map(({ path }) => variantOf(path));
  const named = [...new Set(variants)].filter((variant) => variant !== null);
  if (named.length > 0) return `add --variant ${named.join(' or --variant ')}`;
  if (variants.length > 0) return 'leave --variant out';
  return 'pickled weights can run code and are not read: convert them with diffusers or transformers, `save_pretrained(folder, safe_serialization=True)`';
}
