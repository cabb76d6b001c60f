import type { Architecture } from '../../architecture/architecture.js';
import type { GraphBuilder } from '../../graph/graph-builder.js';
import type { Value } from '../../graph/value.js';
import type { BlockRunner } from '../../model/block-runner.js';
import type { Parameters, Weights } from '../../model/parameters.js';
import type { UNetConfig } from '../../model/unet-config.js';
import { buildUNet, type UNetInputs } from '../../model/unet.js';
import type { Denoiser } from './distillation-loss.js';

/** A UNet, whole or evolved. */
export interface UNetPart {
  /** The pretrained one. */
  readonly config: UNetConfig;
  readonly architecture: Architecture;
}

/** A UNet with its weights, of which more may be there than the architecture has. */
export interface WeightedUNet extends UNetPart {
  readonly weights: Weights;
}

/**
 * The network as a loss calls it, any number of times with the same parameters.
 * @param run how blocks run; plainly unless told otherwise
 */
export const denoiserOf =
  ({ config, architecture }: UNetPart, parameters: Parameters, run?: BlockRunner): Denoiser =>
  (g: GraphBuilder, inputs: UNetInputs): Value =>
    buildUNet(g, config, architecture, parameters, inputs, run);
