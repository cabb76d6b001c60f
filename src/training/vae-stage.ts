import { gatherImages } from '../data/packed-images.js';
import { gaussianNoise } from '../diffusion/gaussian.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import * as op from '../graph/ops.js';
import { elementCount, type Value } from '../graph/value.js';
import { Parameters, weightParameters, type ParameterSpec, type Weights } from '../model/parameters.js';
import { vaeReduction, type VaeConfig } from '../model/vae-config.js';
import { buildVaeDecoder, buildVaeEncoder, vaeParameters } from '../model/vae.js';
import { float32Tensor, type Tensors } from '../runtime/tensor.js';
import { adamWDefaults } from './adam-w.js';
import { drawStreams, drawUniform, WeightedChoice } from './batch-draws.js';
import { drawItems, requirePictures, type CaptionedPictures } from './captioned-pictures.js';
import { graphParameters } from './graph-parameters.js';
import { gaussianDivergence, meanSquaredError } from './losses.js';
import { layOutParameters, type ParameterGroup } from './parameter-layout.js';
import { turnPicture, turns } from './picture-augmentation.js';
import type { StageSchedule } from './stage-schedule.js';
import type { TrainingStage } from './train-stage.js';

/** How a VAE is trained: squared error of the reconstruction, and a little pull towards unit latents. */
export interface VaeTraining extends StageSchedule {
  readonly config: VaeConfig;
  readonly pictures: CaptionedPictures;
  /** Weight of the divergence, per element of the picture. */
  readonly divergenceWeight: number;
  /** Weights of an encoder that is to stay as it is, so that latents keep their meaning: the decoder alone is trained. */
  readonly frozenEncoder?: Weights;
}

/** Whether a parameter of an `AutoencoderKL` is on the encoder's side of the latents. */
export const isEncoders = (name: string): boolean => /^(encoder|quant_conv)\./.test(name);

/** Training of an `AutoencoderKL` on pictures, or of its decoder alone. Throws `TRAINING_PICTURE_SIZE`. */
export function vaeStage(training: VaeTraining): TrainingStage {
  const { config, pictures, batch, divergenceWeight, frozenEncoder } = training;
  const specs = vaeParameters(config);
  const trained = frozenEncoder === undefined ? specs : specs.filter(({ name }) => !isEncoders(name));
  const side = config.sampleSize;
  for (const channels of [config.inChannels, config.outChannels])
    requirePictures(pictures, { name: 'AutoencoderKL', channels, side });
  const latentSide = side / vaeReduction(config);
  const latentShape = [batch, config.latentChannels, latentSide, latentSide];
  const pictureShape = [batch, config.inChannels, side, side];
  const choice = new WeightedChoice(pictures.weights);
  return {
    ...training,
    spec: {
      groups: vaeGroups(trained),
      batch: {
        picture: { dtype: 'float32', shape: pictureShape },
        noise: { dtype: 'float32', shape: latentShape },
      },
      buildLoss: (g, parameter, { picture, noise }) =>
        vaeLoss(
          g,
          config,
          partlyFrozen(parameter, frozenEncoder),
          picture as Value,
          noise as Value,
          divergenceWeight,
        ),
      optimizer: { ...adamWDefaults, weightDecay: training.weightDecay },
      maxGradientNorm: training.maxGradientNorm,
      ema: true,
      stepsPerRun: training.stepsPerRun,
    },
    batchAt: (step): Tensors => {
      const { seed } = training;
      const items = drawItems(choice, training, step);
      const key = { seed, index: step, stream: drawStreams.encoderNoise };
      return {
        picture: float32Tensor(pictureShape, turnedPictures(training, step, items)),
        noise: float32Tensor(latentShape, gaussianNoise(key, elementCount(latentShape))),
      };
    },
  };
}

function turnedPictures(
  { pictures, seed }: VaeTraining,
  step: number,
  items: readonly number[],
): Float32Array {
  const draws = drawUniform(seed, step, 'augmentation', items.length * turns);
  const flat = gatherImages(
    pictures.images,
    items.map((index) => ({ index, mirrored: false })),
  );
  const size = flat.length / items.length;
  items.forEach((_, i) => {
    const own = draws.subarray(i * turns, (i + 1) * turns);
    turnPicture(flat.subarray(i * size, (i + 1) * size), pictures.images.size, own);
  });
  return flat;
}

function partlyFrozen(parameter: (name: string) => Value, frozenEncoder: Weights | undefined): Parameters {
  const trained = graphParameters(parameter);
  if (frozenEncoder === undefined) return trained;
  const frozen = weightParameters(frozenEncoder);
  return new Parameters((g, { name, shape, initialization }) =>
    (isEncoders(name) ? frozen : trained).get(g, name, shape, initialization),
  );
}

/** Encoder and decoder, by stage. */
function vaeGroups(specs: readonly ParameterSpec[]): ParameterGroup[] {
  return layOutParameters(specs, (name) => name.split('.').slice(0, 3).join('.'));
}

function vaeLoss(
  g: GraphBuilder,
  config: VaeConfig,
  parameters: Parameters,
  picture: Value,
  noise: Value,
  divergenceWeight: number,
): { loss: Value; metrics: Record<string, Value> } {
  const { mean, logVariance } = buildVaeEncoder(g, config, parameters, picture);
  const deviation = op.exp(g, op.mul(g, logVariance, 0.5));
  const latents = op.add(g, mean, op.mul(g, deviation, noise));
  const error = meanSquaredError(g, buildVaeDecoder(g, config, parameters, latents), picture);
  const divergence = gaussianDivergence(g, mean, logVariance);
  const elements = elementCount(picture.shape.slice(1));
  const pull = op.mul(g, divergence, divergenceWeight / elements);
  return { loss: op.add(g, error, pull), metrics: { squaredError: error, divergence } };
}
