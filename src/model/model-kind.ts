import type { Shape } from '../graph/value.js';
import { parseClipConfig, type ClipConfig } from './clip-config.js';
import { parseClipTextConfig, type ClipTextConfig } from './clip-text-config.js';
import { clipTextParameters } from './clip-text.js';
import { clipParameters } from './clip.js';
import type { ParameterSpec } from './parameters.js';
import { parsePretrainedUNet, storedArchitecture } from './evolution.js';
import { storedUNetParameters, type StoredParameters } from './stored-parameters.js';
import { unetArchitecture } from './unet-architecture.js';
import type { UNetConfig } from './unet-config.js';
import { unetParameters } from './unet.js';
import { storedVaeParameters } from './condition-encoder.js';
import { parseVaeConfig, vaeClass, type VaeConfig } from './vae-config.js';
import { vaeParameters } from './vae.js';

/** What tells one kind of model folder from another. */
export interface ModelKind<Config> {
  /** The class that diffusers or transformers loads the folder with. */
  readonly className: string;
  /** Python's package of that class. */
  readonly library: 'diffusers' | 'transformers';
  /** What the file of weights is called, without its ending. */
  readonly stem: string;
  /** @throws SnapEvoError for text that is no supported configuration */
  readonly parse: (text: string, where: string) => Config;
  readonly parameters: (config: Config) => ParameterSpec[];
  /** What a folder of that configuration holds, where that is not always the same: the UNet of a folder may have evolved, a VAE be one for inpainting. */
  readonly stored?: (config: Config, configText: string) => StoredParameters;
  /** The parameter's present name of a tensor's name in a file; undefined for a tensor that is no parameter. */
  readonly currentName: (stored: string) => string | undefined;
  /** The present shape of a parameter that a file may hold in another of as many elements. */
  readonly currentShape?: (name: string, stored: Shape) => Shape;
}

const diffusersStem = 'diffusion_pytorch_model';
const transformersStem = 'model';

export const unetKind: ModelKind<UNetConfig> = {
  className: 'UNet2DConditionModel',
  library: 'diffusers',
  stem: diffusersStem,
  parse: parsePretrainedUNet,
  parameters: (config) => unetParameters(config, unetArchitecture(config)),
  stored: (config, configText) => storedUNetParameters(config, storedArchitecture(config, configText)),
  currentName: (stored) => stored,
};

/** What the mid-block attention's layers were called before diffusers 0.16, as in Stable Diffusion 1.x's files. */
const formerAttentionNames: Readonly<Record<string, string>> = {
  query: 'to_q',
  key: 'to_k',
  value: 'to_v',
  proj_attn: 'to_out.0',
};

export const vaeKind: ModelKind<VaeConfig> = {
  className: vaeClass,
  library: 'diffusers',
  stem: diffusersStem,
  parse: parseVaeConfig,
  parameters: vaeParameters,
  stored: storedVaeParameters,
  currentName: (stored) =>
    stored.replace(
      /(?<=\.attentions\.\d+\.)(query|key|value|proj_attn)(?=\.(weight|bias)$)/,
      (former) => formerAttentionNames[former] ?? former,
    ),
  // Before diffusers, Stable Diffusion's own code had 1x1 convolutions there.
  currentShape: (name, stored) =>
    /\.attentions\.\d+\.to_/.test(name) && stored.slice(2).join() === '1,1' ? stored.slice(0, 2) : stored,
};

/** Positions are counted, not learnt; old files hold them all the same. */
const isPositionIds = (stored: string): boolean => stored.endsWith('embeddings.position_ids');

export const clipTextKind: ModelKind<ClipTextConfig> = {
  className: 'CLIPTextModel',
  library: 'transformers',
  stem: transformersStem,
  parse: parseClipTextConfig,
  parameters: clipTextParameters,
  // transformers 5 may leave the prefix out
  currentName: (stored) => {
    if (isPositionIds(stored)) return undefined;
    return stored.startsWith('text_model.') ? stored : `text_model.${stored}`;
  },
};

export const clipKind: ModelKind<ClipConfig> = {
  className: 'CLIPModel',
  library: 'transformers',
  stem: transformersStem,
  parse: parseClipConfig,
  parameters: clipParameters,
  currentName: (stored) => (isPositionIds(stored) ? undefined : stored),
};

/** What the folder of a loaded model holds. */
export function storedParameters<Config>(
  kind: ModelKind<Config>,
  { config, configText }: { readonly config: Config; readonly configText: string },
): StoredParameters {
  return kind.stored?.(config, configText) ?? { all: kind.parameters(config), spare: new Set() };
}
