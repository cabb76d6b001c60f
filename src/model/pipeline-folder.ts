import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { checkShape } from '../files/check-shape.js';
import { MAX_CONFIG_BYTES, readText } from '../files/read-text.js';
import { SnapEvoError } from '../errors/snapevo-error.js';
import type { ClipTextConfig } from './clip-text-config.js';
import type { Architecture } from '../architecture/architecture.js';
import { storedArchitecture } from './evolution.js';
import { loadForRunning } from './in-place-weights.js';
import { loadModel, openModel, writeModel, type LoadedModel, type WeightDtype } from './model-folder.js';
import type { ModelKind } from './model-kind.js';
import { clipTextKind, unetKind, vaeKind } from './model-kind.js';
import { parseJsonObject } from './parse-config.js';
import { evolvedUNetClass, type UNetConfig } from './unet-config.js';
import { asymmetricVaeClass, vaeClass, vaeClassOf, type VaeConfig } from './vae-config.js';
import { noSuchVariant, weightVariants } from './weight-files.js';

/** A text-to-image latent-diffusion pipeline, as diffusers' `StableDiffusionPipeline` has it. */
export interface Pipeline {
  /** Its configuration is the pretrained one. */
  readonly unet: LoadedModel<UNetConfig>;
  /** Of the UNet: every block of its configuration unless it has evolved. */
  readonly architecture: Architecture;
  readonly vae: LoadedModel<VaeConfig>;
  readonly textEncoder: LoadedModel<ClipTextConfig>;
  /** Holds the tokenizer's files. */
  readonly tokenizerFolder: string;
  /** Holds `scheduler_config.json`. */
  readonly schedulerFolder: string;
  /** Library and class of each component, as `model_index.json` names them. */
  readonly components: Readonly<Record<ComponentName, readonly [string, string]>>;
}

type ComponentName = 'unet' | 'vae' | 'text_encoder' | 'tokenizer' | 'scheduler';

/** A name of Python's, and no path: exports name it again. */
const pythonName = z
  .string()
  .max(200)
  .regex(/^[\w.]+$/, 'expected a name of Python');
const component = z.tuple([pythonName, pythonName]);
const classNamed = (className: string) => z.tuple([pythonName, z.literal(className)]);
const indexSchema = z.object({
  _class_name: z.enum(['StableDiffusionPipeline', 'StableDiffusionImg2ImgPipeline']).optional(),
  unet: z.union([classNamed(unetKind.className), z.tuple([pythonName, z.literal(evolvedUNetClass)])]),
  vae: z.tuple([pythonName, z.enum([vaeClass, asymmetricVaeClass])]),
  text_encoder: classNamed(clipTextKind.className),
  tokenizer: component,
  scheduler: component,
});

/** Parts of a Stable Diffusion folder that text-to-image goes without. */
const spareParts = new Set([
  'safety_checker',
  'feature_extractor',
  'image_encoder',
  'requires_safety_checker',
]);

/** How a pipeline is read. */
export interface PipelineOptions {
  /**
   * Where large models that aren't stored as float32 are copied as such, so that graphs can refer to them; without it, all weights are
   * read into memory.
   */
  readonly cache?: string | undefined;
  /** Whether weights stay where they are, whatever they are stored as: to see that they are there, not to run them. */
  readonly inFile?: boolean;
  /** Which weights of several, as in `model.fp16.safetensors`; parts without that variant are read plain, as diffusers does. */
  readonly variant?: string | undefined;
}

/**
 * Reads a diffusers pipeline folder.
 * @throws SnapEvoError `PIPELINE_UNSUPPORTED` when it is no text-to-image latent diffusion with CLIP's text encoder or
 * its parts don't fit together, and what reading its models throws
 */
export function loadPipeline(folder: string, options: PipelineOptions = {}): Pipeline {
  const { variant } = options;
  const components = readPipelineIndex(join(folder, 'model_index.json'));
  const load = <Config>(kind: ModelKind<Config>, name: ComponentName): LoadedModel<Config> =>
    loadPart(kind, join(folder, name), options);
  if (variant !== undefined) requireVariant(folder, variant);
  const unet = load(unetKind, 'unet');
  const pipeline = {
    unet,
    architecture: storedArchitecture(unet.config, unet.configText, join(folder, 'unet', 'config.json')),
    vae: load(vaeKind, 'vae'),
    textEncoder: load(clipTextKind, 'text_encoder'),
    tokenizerFolder: requireFolder(folder, 'tokenizer'),
    schedulerFolder: requireFolder(folder, 'scheduler'),
    components,
  };
  checkFit(pipeline, folder);
  return pipeline;
}

/** diffusers would make a VAE of the named class of the other's configuration. */
function checkVaeClass({ vae, components }: Pipeline, folder: string): void {
  const [named, own] = [components.vae[1], vaeClassOf(vae.config)];
  if (named === own) return;
  throw unsupported(`model_index.json names ${named}, vae/config.json is that of ${own}`, folder);
}

function loadPart<Config>(
  kind: ModelKind<Config>,
  folder: string,
  { cache, inFile = false, variant }: PipelineOptions,
): LoadedModel<Config> {
  const { hasPlain, named } = weightVariants(kind, folder);
  const own = variant !== undefined && hasPlain && !named.includes(variant) ? undefined : variant;
  if (inFile) return openModel(kind, folder, own);
  return cache === undefined
    ? loadModel(kind, folder, { variant: own })
    : loadForRunning(kind, folder, cache, own);
}

/** A variant that no part has is a slip of the pen; what is wrong where there are no weights at all, the parts say. */
function requireVariant(folder: string, variant: string): void {
  const parts = [
    weightVariants(unetKind, join(folder, 'unet')),
    weightVariants(vaeKind, join(folder, 'vae')),
    weightVariants(clipTextKind, join(folder, 'text_encoder')),
  ];
  const named = [...new Set(parts.flatMap((part) => part.named))].toSorted();
  const hasPlain = parts.some((part) => part.hasPlain);
  const hasNone = !hasPlain && named.length === 0;
  if (hasNone || named.includes(variant)) return;
  throw noSuchVariant(folder, variant, { hasPlain, named });
}

/**
 * Writes a folder that {@link loadPipeline} and diffusers read. The tokenizer's and the scheduler's files are copied.
 * @throws what `writeModel` throws
 */
export function writePipeline(
  folder: string,
  pipeline: Pipeline,
  { dtype = 'F32' }: { readonly dtype?: WeightDtype } = {},
): void {
  mkdirSync(folder, { recursive: true });
  writeModel(unetKind, join(folder, 'unet'), pipeline.unet, { dtype });
  writeModel(vaeKind, join(folder, 'vae'), pipeline.vae, { dtype });
  writeModel(clipTextKind, join(folder, 'text_encoder'), pipeline.textEncoder, { dtype });
  copyFolder(pipeline.tokenizerFolder, join(folder, 'tokenizer'));
  copyFolder(pipeline.schedulerFolder, join(folder, 'scheduler'));
  const components = { ...pipeline.components, vae: vaeComponent(pipeline.vae) };
  writeFileSync(join(folder, 'model_index.json'), modelIndex('StableDiffusionPipeline', components));
}

function copyFolder(from: string, to: string): void {
  if (resolve(from) !== resolve(to)) cpSync(from, to, { recursive: true, dereference: true });
}

/** The entry of a VAE in `model_index.json`. */
export function vaeComponent({ config }: Pick<LoadedModel<VaeConfig>, 'config'>): readonly [string, string] {
  return [vaeKind.library, vaeClassOf(config)];
}

/** The text of a `model_index.json`: the pipeline's class, and which library and class loads each part. */
export function modelIndex(className: string, components: Pipeline['components']): string {
  const index = {
    _class_name: className,
    ...components,
    safety_checker: [null, null],
    feature_extractor: [null, null],
    image_encoder: [null, null],
    requires_safety_checker: false,
  };
  return `${JSON.stringify(index, null, 2)}\n`;
}

/**
 * Reads a `model_index.json`.
 * @throws SnapEvoError `MODEL_UNREADABLE`, `MODEL_CONFIG_NOT_JSON`, `PIPELINE_UNSUPPORTED`
 */
export function readPipelineIndex(path: string): Pipeline['components'] {
  const index = parseJsonObject(readIndexText(path), path, 'diffusers pipeline');
  const parsed = checkShape(indexSchema, index);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`);
    throw unsupported(problems.join('; '), path);
  }
  const strange = Object.entries(index)
    .filter(([name, value]) => !isNothing(value) && !name.startsWith('_') && !spareParts.has(name))
    .map(([name]) => name)
    .find((name) => !Object.hasOwn(parsed.data, name));
  if (strange !== undefined) throw unsupported(`a part named ${strange.slice(0, 80)} is not known`, path);
  const { _class_name: _, ...parts } = parsed.data;
  return parts;
}

/** What diffusers writes for a part that there could be and is not. */
function isNothing(value: unknown): boolean {
  return value === null || value === false || (Array.isArray(value) && value[0] === null);
}

function readIndexText(path: string): string {
  try {
    return readText(path, MAX_CONFIG_BYTES);
  } catch (cause) {
    throw new SnapEvoError({
      code: 'MODEL_UNREADABLE',
      message: `no diffusers pipeline is here: ${cause instanceof Error ? cause.message : String(cause)}`,
      where: path,
      hint: 'point to a folder with a model_index.json',
      cause,
    });
  }
}

function requireFolder(folder: string, name: ComponentName): string {
  const path = join(folder, name);
  if (existsSync(path)) return path;
  throw unsupported('the part is listed in model_index.json, but its folder is missing', path);
}

function checkFit(pipeline: Pipeline, folder: string): void {
  checkVaeClass(pipeline, folder);
  const { unet, vae, textEncoder } = pipeline;
  const pairs = [
    [
      'the UNet reads text',
      unet.config.contextChannels,
      'the text encoder gives',
      textEncoder.config.hiddenSize,
    ],
    ['the UNet reads latents', unet.config.inChannels, 'the VAE gives', vae.config.latentChannels],
    ['the UNet gives', unet.config.outChannels, 'the VAE reads latents', vae.config.latentChannels],
  ] as const;
  for (const [reader, wanted, giver, given] of pairs) {
    if (wanted !== given) throw unsupported(`${reader} of width ${wanted}, ${giver} ${given}`, folder);
  }
}

function unsupported(message: string, where: string): SnapEvoError {
  return new SnapEvoError({
    code: 'PIPELINE_UNSUPPORTED',
    message,
    where,
    hint: 'text-to-image pipelines of the Stable Diffusion 1.x and 2.x family are supported',
  });
}
