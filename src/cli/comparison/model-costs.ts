import { countInt8Blocks } from '../../architecture/architecture.js';
import { imageCost, imageMs, type ImageSettings } from '../../latency/image-cost.js';
import type { ImageParts } from '../../latency/image-parts.js';
import type { LatencyEntry } from '../../latency/latency-records.js';
import { architectureCounter } from '../../model/count-architecture.js';
import { clipTextKind, vaeKind } from '../../model/model-kind.js';
import { parameterCount } from '../../model/parameter-count.js';
import type { Estimate } from '../../statistics/estimate.js';
import { modelLabel, type ComparedModel } from './compared-model.js';

/** A measured time. */
export interface Timing {
  readonly ms: Estimate;
  /** Names of `LatencyWarning`s. */
  readonly warnings: readonly string[];
}

/** What a part of a model costs: `ms` of one run. */
export interface PartCost extends Timing {
  /** In a picture. */
  readonly runs: number;
  readonly parameters: number;
}

/** What a model's pictures cost on a device: a row of Table 1 of arXiv 2306.00980. */
export interface ModelCosts {
  readonly model: string;
  readonly textEncoder: PartCost;
  readonly unet: PartCost;
  readonly decoder: PartCost;
  /** Blocks of the UNet on weights of int8; absent where there are none. */
  readonly int8Blocks?: number;
  /** Of all runs of the parts, each part measured by itself. */
  readonly sumMs: Estimate;
  /** Whole pictures, made through the pipeline from caption to pixels. */
  readonly picture: Timing;
}

/** What was measured of a model. */
export interface ModelLatencies extends ImageParts {
  readonly step: LatencyEntry;
  readonly picture: LatencyEntry;
}

/** Puts together what a model costs. */
export function modelCosts(
  model: ComparedModel,
  { textEncoder, step, decoder, picture }: ModelLatencies,
  { guidanceScale }: Pick<ImageSettings, 'guidanceScale'>,
): ModelCosts {
  const { steps, models, unet } = model;
  const int8Blocks = countInt8Blocks(unet.architecture);
  const cost = imageCost({ steps, guidanceScale }, textEncoder.medianMs, decoder.medianMs);
  return {
    model: modelLabel(model),
    textEncoder: {
      ...timing(textEncoder),
      runs: cost.textEncoderRuns,
      parameters: parameterCount(clipTextKind.parameters(models.textEncoder.config)),
    },
    unet: {
      ...timing(step),
      runs: steps,
      parameters: architectureCounter(models.unet.config)(unet.architecture),
    },
    ...(int8Blocks === 0 ? {} : { int8Blocks }),
    decoder: { ...timing(decoder), runs: 1, parameters: decoderParameters(models.vae) },
    sumMs: imageMs(cost, step.medianMs),
    picture: timing(picture),
  };
}

function timing({ medianMs, flags }: LatencyEntry): Timing {
  return { ms: medianMs, warnings: flags };
}

/** Of the VAE without its encoder, which makes no pictures. */
function decoderParameters({ config }: ComparedModel['models']['vae']): number {
  const own = vaeKind
    .parameters(config)
    .filter(({ name }) => name.startsWith('decoder.') || name.startsWith('post_quant_conv.'));
  return parameterCount(own);
}
