import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Architecture } from '../../architecture/architecture.js';
import { loadTokenizer } from '../../data/tokenizer.js';
import { measuredUNet, type MeasuredUNet } from '../../latency/measured-unet.js';
import { storedArchitecture } from '../../model/evolution.js';
import { openInPlace } from '../../model/in-place-weights.js';
import { unetKind } from '../../model/model-kind.js';
import { weightCache } from './weight-cache.js';

/** A UNet on disk, and what it is fed with where its folders say so. */
export interface MeasuredModel {
  readonly unet: MeasuredUNet;
  /** Which of the blocks of its configuration there are, and how often: not all of them once where it was exported from a search. */
  readonly architecture: Architecture;
  /** Height and width of the latents. */
  readonly latents: readonly [number, number];
  /** Tokens of text. */
  readonly contextLength: number;
}

/** Of the models of Stable Diffusion. */
const usualSide = 64;
const usualContext = 77;

/**
 * Reads a UNet's configuration and finds its weights; none is loaded.
 * @param folder of a pipeline, or of a UNet alone
 * @param results weights that aren't float32 on disk are written there as such, once
 * @param variant of the weights, for those without one when undefined
 * @throws what reading the model throws
 */
export function openMeasuredModel(folder: string, results: string, variant?: string): MeasuredModel {
  const inside = join(folder, 'unet');
  const unetFolder = existsSync(inside) ? inside : folder;
  const unet = openInPlace(unetKind, unetFolder, weightCache(results), variant);
  const tokenizer = join(folder, 'tokenizer');
  return {
    unet: measuredUNet(unet),
    architecture: storedArchitecture(unet.config, unet.configText),
    latents: unet.config.sampleSize ?? [usualSide, usualSide],
    contextLength: existsSync(tokenizer) ? loadTokenizer(tokenizer, usualContext).maxLength : usualContext,
  };
}
