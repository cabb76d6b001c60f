import type { Architecture } from '../architecture/architecture.js';
import type { ParameterSpec } from './parameters.js';
import type { UNetConfig } from './unet-config.js';
import { unetParameters } from './unet.js';

/** What a model's folder is to hold. */
export interface StoredParameters {
  /** All that the model has, once it is loaded. */
  readonly all: readonly ParameterSpec[];
  /** Names of those that the folder may lack. */
  readonly spare: ReadonlySet<string>;
}

/** Those of a UNet: of an evolved one, removed blocks are spare. */
export function storedUNetParameters(config: UNetConfig, architecture: Architecture): StoredParameters {
  const needed = new Set(unetParameters(config, architecture).map(({ name }) => name));
  const blocks = architecture.blocks.map((block) => ({ ...block, present: true }));
  const all = unetParameters(config, { ...architecture, blocks });
  return { all, spare: new Set(all.map(({ name }) => name).filter((name) => !needed.has(name))) };
}
