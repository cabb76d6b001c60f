import type { TensorData } from '../graph/data-type.js';
import type { ExternalData } from '../graph/graph.js';
import { elementCount, type Shape } from '../graph/value.js';
import { gaussianNoise } from '../diffusion/gaussian.js';
import { findWeight, initializerParameters, type Parameters } from '../model/parameters.js';
import type { LoadedModel } from '../model/model-folder.js';
import { StoredWeights } from '../model/stored-weights.js';
import type { UNetConfig } from '../model/unet-config.js';
import { float32Tensor, type Tensor } from '../runtime/tensor.js';
import type { LatencyTableKey } from './latency-records.js';

/** The UNet that is measured, with weights, since their values may tell on the time. */
export interface MeasuredUNet {
  readonly config: UNetConfig;
  /** Elements of a parameter, or where they lie in a file in `folder`; undefined where there are none. */
  readonly findWeight: (name: string) => TensorData | ExternalData | undefined;
  /** Elements of a parameter wherever it lies; for blocks of int8. */
  readonly readWeight?: (name: string) => Float32Array | undefined;
  /** Folder of weights that lie in a file. */
  readonly folder?: string;
}

/** A UNet with the weights of its folder, wherever they are. */
export function measuredUNet({
  config,
  weights,
}: Pick<LoadedModel<UNetConfig>, 'config' | 'weights'>): MeasuredUNet {
  const folder = weights instanceof StoredWeights ? { folder: weights.folder } : {};
  return {
    config,
    findWeight: (name) => findWeight(weights, name),
    readWeight: (name) => weights.get(name),
    ...folder,
  };
}

/** What a UNet is fed with, as a table's key has it. */
export type StepShape = Pick<LatencyTableKey, 'batchSize' | 'latentHeight' | 'latentWidth' | 'contextLength'>;

/** Batch of a UNet step that makes so many images: guidance of more than 1 also runs each without its text. */
export function stepBatchSize(images: number, guidanceScale: number): number {
  return guidanceScale > 1 ? 2 * images : images;
}

/** Its parameters. A copied block without weights of its own has those of the block it descends from. */
export function measuredParameters({ findWeight }: MeasuredUNet): Parameters {
  return initializerParameters((name) => findWeight(name) ?? findWeight(rootName(name)));
}

/** Of a copied block's parameter, the name it has in the block that the copy descends from. */
export const rootName = (name: string): string => name.replace(/\+[1-9]\d*(?=\.)/, '');

/** Where a session of its graphs finds weights that lie in a file. */
export function weightFolder({ folder }: MeasuredUNet): { readonly folder?: string } {
  return folder === undefined ? {} : { folder };
}

/** Standard normal numbers: zeros, denormals or repeated values could make kernels faster or slower than in use. */
export function noiseTensor(shape: Shape): Tensor {
  return float32Tensor(shape, gaussianNoise({ seed: 0, index: 0 }, elementCount(shape)));
}
