import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_CONFIG_BYTES, readText } from '../files/read-text.js';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { SafetensorsError } from '../onnx/safetensors-error.js';
import { writeSafetensors } from '../onnx/safetensors-writer.js';
import type { SafetensorsFile } from '../onnx/safetensors.js';
import { matchWeights, type StoredTensor } from './match-weights.js';
import { storedParameters, type ModelKind } from './model-kind.js';
import type { ParameterSpec, Weights } from './parameters.js';
import { spareWeight } from './spare-weights.js';
import type { StoredParameters } from './stored-parameters.js';
import { StoredWeights } from './stored-weights.js';
import { openWeights } from './weight-files.js';

/** A model in memory, as one folder holds it. */
export interface LoadedModel<Config> {
  readonly config: Config;
  /** The text of its `config.json`, so that fields we don't read are written again. */
  readonly configText: string;
  readonly weights: Weights;
}

/** How a model's folder is read. */
export interface LoadingOptions<Config> {
  /** What the file has to hold, where that is not what the configuration alone says: an evolved UNet. */
  readonly parametersOf?: (config: Config) => readonly ParameterSpec[];
  /** Which weights of several; see `openWeights`. */
  readonly variant?: string | undefined;
}

/** A model whose weights stay where they are. */
export interface OpenedModel<Config> extends LoadedModel<Config> {
  readonly weights: StoredWeights;
}

/** What floats are stored as. */
export type WeightDtype = 'F32' | 'F16' | 'BF16';

/**
 * Reads a model's folder: `config.json` and safetensors, single or in shards.
 * @throws SnapEvoError when the configuration is not supported or the weights are not its own
 */
export function loadModel<Config>(
  kind: ModelKind<Config>,
  folder: string,
  { parametersOf, variant }: LoadingOptions<Config> = {},
): LoadedModel<Config> {
  const described = loadConfig(kind, folder);
  const wanted =
    parametersOf === undefined
      ? storedParameters(kind, described)
      : { all: parametersOf(described.config), spare: new Set<string>() };
  return { ...described, weights: new Map(openStored(kind, folder, wanted, variant)) };
}

/**
 * Reads a model's configuration alone.
 * @throws SnapEvoError when it is not there or not supported
 */
function loadConfig<Config>(kind: ModelKind<Config>, folder: string): Omit<LoadedModel<Config>, 'weights'> {
  const path = join(folder, 'config.json');
  const configText = readConfigText(path, kind.className);
  return { config: kind.parse(configText, path), configText };
}

/**
 * Reads a model's folder but leaves its weights where they are.
 * @throws SnapEvoError as {@link loadModel} does
 */
export function openModel<Config>(
  kind: ModelKind<Config>,
  folder: string,
  variant?: string,
): OpenedModel<Config> {
  const described = loadConfig(kind, folder);
  return { ...described, weights: openStored(kind, folder, storedParameters(kind, described), variant) };
}

/**
 * Writes a folder that {@link loadModel} reads and so do diffusers and transformers. Of weights that stay in their file one is held at a time.
 * @param specs the parameters to write; all of the model's unless told otherwise
 * @throws SafetensorsError when a weight is too large for `dtype` or the disk is full
 */
export function writeModel<Config>(
  kind: ModelKind<Config>,
  folder: string,
  { config, configText, weights }: LoadedModel<Config>,
  { dtype = 'F32', specs }: { readonly dtype?: WeightDtype; readonly specs?: readonly ParameterSpec[] } = {},
): void {
  makeFolder(folder);
  const { all, spare } = storedParameters(kind, { config, configText });
  const dataOf = (spec: ParameterSpec): Float32Array =>
    spare.has(spec.name) && !weights.has(spec.name) ? spareWeight(spec) : requireWeight(weights, spec.name);
  const stored = new Map(
    (specs ?? all).map((spec) => [spec.name, { shape: spec.shape, data: () => dataOf(spec) }]),
  );
  // transformers refuses a file that doesn't say which framework its layout is
  const metadata = { format: 'pt' };
  writeFileSync(join(folder, 'config.json'), configText);
  // last: where they are, the folder is whole
  writeSafetensors(join(folder, `${kind.stem}.safetensors`), stored, { dtype, metadata });
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SafetensorsError('SAFETENSORS_WRITE', `the folder can't be made: ${reason}`, { path, cause });
  }
}

function openStored<Config>(
  kind: ModelKind<Config>,
  folder: string,
  { all, spare }: StoredParameters,
  variant: string | undefined,
): StoredWeights {
  const file = openWeights(kind, folder, variant);
  const stored = storedTensors(kind, file);
  const isThere = ({ name }: ParameterSpec): boolean => !spare.has(name) || stored.has(name);
  const names = matchWeights(all.filter(isThere), stored, file.path);
  const absent = all.filter((spec) => !isThere(spec));
  return new StoredWeights(file, names, new Map(absent.map((spec) => [spec.name, () => spareWeight(spec)])));
}

function storedTensors<Config>(kind: ModelKind<Config>, file: SafetensorsFile): Map<string, StoredTensor> {
  const stored = new Map<string, StoredTensor>();
  for (const [storedAs, { shape }] of file.tensors) {
    const name = kind.currentName(storedAs);
    if (name === undefined) continue;
    const former = stored.get(name);
    // one too many, whichever of the two is meant
    const key = former === undefined ? name : `${storedAs} (beside ${former.storedAs})`;
    stored.set(key, { storedAs, shape: kind.currentShape?.(name, shape) ?? shape });
  }
  return stored;
}

function requireWeight(weights: Weights, name: string): Float32Array {
  const weight = weights.get(name);
  if (weight !== undefined) return weight;
  throw new SnapEvoError({
    code: 'WEIGHTS_MISMATCH',
    message: 'a parameter of the model has no weight to write',
    where: name,
    fault: 'internal',
  });
}

function readConfigText(path: string, model: string): string {
  try {
    return readText(path, MAX_CONFIG_BYTES);
  } catch (cause) {
    throw unreadable(path, model, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function unreadable(path: string, model: string, reason: string, cause?: unknown): SnapEvoError {
  return new SnapEvoError({
    code: 'MODEL_UNREADABLE',
    message: `the configuration of a ${model} can't be read: ${reason}`,
    where: path,
    hint: 'point to a folder that save_pretrained wrote',
    cause,
  });
}
