import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { openSafetensorsFolder } from '../onnx/safetensors-folder.js';
import type { SafetensorsFile } from '../onnx/safetensors.js';
import type { ModelKind } from './model-kind.js';

/** What a model folder may hold several of: other precisions, or weights averaged over the training and not. */
export interface WeightVariants {
  /** Whether there are weights without a variant in their name. */
  readonly hasPlain: boolean;
  /** As in `model.fp16.safetensors`, in order. */
  readonly named: readonly string[];
}

type WeightKind = Pick<ModelKind<unknown>, 'className' | 'library' | 'stem'>;

/** The variants of a model's weights that a folder holds as safetensors, single or in shards. */
export function weightVariants({ stem }: Pick<WeightKind, 'stem'>, folder: string): WeightVariants {
  const found = filesOf(folder).flatMap((name) => variantOf(name, stem));
  return {
    hasPlain: found.includes(''),
    named: [...new Set(found)].filter((variant) => variant !== '').toSorted(),
  };
}

/**
 * Opens a model's weights.
 * @param variant as in `model.fp16.safetensors`; the plain files unless told otherwise, or the only variant where there is none plain
 * @throws SnapEvoError `WEIGHTS_VARIANT` naming the variants that there are, `WEIGHTS_PICKLED` with the command that converts them; SafetensorsError
 */
export function openWeights(kind: WeightKind, folder: string, variant?: string): SafetensorsFile {
  const { hasPlain, named } = weightVariants(kind, folder);
  const only = !hasPlain && named.length === 1 ? named[0] : undefined;
  const chosen = variant ?? only;
  const isThere = chosen === undefined ? hasPlain : named.includes(chosen);
  if (isThere) return openSafetensorsFolder(folder, kind.stem, chosen);
  if (hasPlain || named.length > 0) throw noSuchVariant(folder, variant, { hasPlain, named });
  const pickles = filesOf(folder).filter((name) => /\.(?:bin|ckpt|pt|pth)$/.test(name));
  const pickle = pickles.find((name) => isLoadedByName(kind, name)) ?? pickles[0];
  if (pickle !== undefined) throw pickled(kind, folder, pickle);
  return openSafetensorsFolder(folder, kind.stem);
}

/**
 * @param wanted the variant asked for, if any
 * @param where the folder
 */
export function noSuchVariant(
  where: string,
  wanted: string | undefined,
  { hasPlain, named }: WeightVariants,
): SnapEvoError {
  const there = [...(hasPlain ? ['weights without a variant'] : []), ...named.map((name) => `"${name}"`)];
  const found = there.length === 0 ? 'no weights' : there.join(', ');
  return new SnapEvoError({
    code: 'WEIGHTS_VARIANT',
    message: `expected weights ${wanted === undefined ? 'without a variant' : `of the variant "${wanted}"`}, found ${found}`,
    where,
    hint: 'name one that is there as the variant (--variant, or variant in a configuration), or leave it out',
  });
}

function filesOf(folder: string): string[] {
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder ? readdirSync(folder).toSorted() : [];
}

/** The variant of a file that one starts to read with, '' for none; shards are found by their index. */
function variantOf(name: string, stem: string): string[] {
  const rest = name.startsWith(stem) ? name.slice(stem.length) : undefined;
  const found = /^(?:\.([^/]+))?\.safetensors$/.exec(rest ?? '-');
  const index = /^\.safetensors\.index(?:\.([^/]+))?\.json$/.exec(rest ?? '-');
  const variant = (found ?? index)?.[1] ?? '';
  if ((found ?? index) === null || /-\d{5}-of-\d{5}$/.test(variant)) return [];
  return [variant];
}

function pickled(kind: WeightKind, folder: string, file: string): SnapEvoError {
  return new SnapEvoError({
    code: 'WEIGHTS_PICKLED',
    message: `${file} is a Python pickle, which can run code when it is read; weights are read from safetensors alone`,
    where: folder,
    hint: `if you trust where it comes from, convert it: ${isLoadedByName(kind, file) ? byClass(kind, folder, file) : byTensors(kind, folder, file)}`,
  });
}

/** Whether the model's own class finds the file, alone or as a shard: transformers' have a name of their own. */
function isLoadedByName({ library, stem }: WeightKind, file: string): boolean {
  return file.startsWith(`${library === 'transformers' ? 'pytorch_' : ''}${stem}`) && file.endsWith('.bin');
}

function byClass({ className, library }: WeightKind, folder: string, file: string): string {
  const variant = /^[^.]+\.(.+?)(?:-\d{5}-of-\d{5})?\.bin$/.exec(file)?.[1];
  const [option, word] = variant === undefined ? ['', ''] : [', variant=sys.argv[2]', ` ${quoted(variant)}`];
  return `python -c 'import sys; from ${library} import ${className} as M; M.from_pretrained(sys.argv[1], use_safetensors=False${option}).save_pretrained(sys.argv[1]${option})' ${quoted(folder)}${word}`;
}

/** Of a training tool's checkpoint, the tensors under the key that such tools put them under; views are copied, since safetensors shares nothing. */
function byTensors({ stem }: WeightKind, folder: string, file: string): string {
  const script = [
    'import sys, torch',
    'from safetensors.torch import save_file',
    'w = torch.load(sys.argv[1], map_location="cpu", weights_only=True)',
    'save_file({k: v.clone().contiguous() for k, v in w.get("state_dict", w).items() if torch.is_tensor(v)}, sys.argv[2])',
  ].join('; ');
  return `python -c '${script}' ${quoted(join(folder, file))} ${quoted(join(folder, `${stem}.safetensors`))}`;
}

/** As one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
