import type { Value } from '../graph/value.js';
import type { ClipConfig } from '../model/clip-config.js';
import {
  buildClipImageEmbedding,
  buildClipTextEmbedding,
  clipLogitScale,
  clipParameters,
} from '../model/clip.js';
import { float32Tensor, int64Tensor, type Tensors } from '../runtime/tensor.js';
import { adamWDefaults } from './adam-w.js';
import { drawUniform, WeightedChoice } from './batch-draws.js';
import {
  drawCaptions,
  drawItems,
  gatherMirrored,
  requirePictures,
  type CaptionedPictures,
} from './captioned-pictures.js';
import { graphParameters } from './graph-parameters.js';
import { contrastiveLoss } from './losses.js';
import { layOutParameters } from './parameter-layout.js';
import { disturbances, disturbPicture } from './picture-augmentation.js';
import type { StageSchedule } from './stage-schedule.js';
import type { TrainingStage } from './train-stage.js';

/** Training of a CLIP model on pictures and their captions. */
export interface ClipTraining extends StageSchedule {
  readonly config: ClipConfig;
  readonly pictures: CaptionedPictures;
  /** Mean and deviation of the pictures' channels that the model is to be fed with. */
  readonly imageMean: readonly number[];
  readonly imageStd: readonly number[];
}

/**
 * CLIP's contrastive training; pictures are shifted, scaled, recoloured and blurred a little.
 * @throws SnapEvoError `TRAINING_PICTURE_SIZE`
 */
export function clipStage(training: ClipTraining): TrainingStage {
  const { config, batch } = training;
  const { channels, imageSize } = config.vision;
  requirePictures(training.pictures, { name: 'vision_config', channels, side: imageSize });
  const pixelShape = [batch, channels, imageSize, imageSize];
  const tokens = training.pictures.emptyCaption.length;
  return {
    ...training,
    spec: {
      groups: layOutParameters(clipParameters(config), (name) => name.split('.').slice(0, 4).join('.')),
      batch: {
        pixels: { dtype: 'float32', shape: pixelShape },
        tokens: { dtype: 'int64', shape: [batch, tokens] },
        same: { dtype: 'float32', shape: [batch, batch] },
      },
      buildLoss: (g, parameter, inputs) => {
        const own = graphParameters(parameter);
        const images = buildClipImageEmbedding(g, config, own, inputs['pixels'] as Value);
        const texts = buildClipTextEmbedding(g, config, own, inputs['tokens'] as Value);
        const scale = clipLogitScale(g, config, own);
        return { loss: contrastiveLoss(g, images, texts, scale, inputs['same'] as Value) };
      },
      optimizer: { ...adamWDefaults, beta2: 0.98, weightDecay: training.weightDecay },
      maxGradientNorm: training.maxGradientNorm,
      ema: true,
      stepsPerRun: training.stepsPerRun,
    },
    batchAt: clipBatches(training, pixelShape),
  };
}

function clipBatches(training: ClipTraining, pixelShape: readonly number[]): (step: number) => Tensors {
  const { seed, batch, pictures } = training;
  const choice = new WeightedChoice(pictures.weights);
  return (step) => {
    const items = drawItems(choice, training, step);
    const tokens = drawCaptions(pictures, items, { seed, step, emptyShare: 0 });
    return {
      pixels: float32Tensor(pixelShape, disturbedPictures(training, step, items)),
      tokens: int64Tensor([batch, pictures.emptyCaption.length], tokens),
      same: float32Tensor([batch, batch], sameItems(items)),
    };
  };
}

function disturbedPictures(training: ClipTraining, step: number, items: readonly number[]): Float32Array {
  const { seed, pictures, config, imageMean, imageStd } = training;
  const side = config.vision.imageSize;
  const plane = side * side;
  const draws = drawUniform(seed, step, 'augmentation', items.length * disturbances);
  const flat = gatherMirrored(pictures, items, seed, step);
  const size = 3 * plane;
  items.forEach((_, i) => {
    const picture = flat.subarray(i * size, (i + 1) * size);
    disturbPicture(picture, side, draws.subarray(i * disturbances, (i + 1) * disturbances));
    for (let k = 0; k < size; k++) {
      const channel = Math.floor(k / plane);
      const unit = ((picture[k] as number) + 1) / 2;
      picture[k] = (unit - (imageMean[channel] ?? 0)) / (imageStd[channel] ?? 1);
    }
  });
  return flat;
}

/** Rows share their weight among the columns with the same picture: it may be drawn twice. */
function sameItems(items: readonly number[]): Float32Array {
  const same = new Float32Array(items.length * items.length);
  items.forEach((item, row) => {
    const times = items.filter((other) => other === item).length;
    items.forEach((other, column) => {
      if (other === item) same[row * items.length + column] = 1 / times;
    });
  });
  return same;
}
