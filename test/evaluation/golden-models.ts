import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Architecture } from '../../src/architecture/architecture.js';
import { loadTokenizer } from '../../src/data/tokenizer.js';
import { parseSchedulerConfig } from '../../src/diffusion/scheduler-config.js';
import { ClipModel } from '../../src/evaluation/clip-model.js';
import { parseClipPreprocessing } from '../../src/evaluation/clip-preprocessing.js';
import {
  TextToImagePipeline,
  type GenerationSettings,
  type UNetChoice,
} from '../../src/evaluation/text-to-image-pipeline.js';
import { loadModel } from '../../src/model/model-folder.js';
import { clipKind } from '../../src/model/model-kind.js';
import { loadPipeline } from '../../src/model/pipeline-folder.js';
import { unetArchitecture } from '../../src/model/unet-architecture.js';
import { parseDevice } from '../../src/runtime/device.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import { goldenFolder } from '../model/golden-folder.js';

/** The small random pipeline and CLIP model that test/golden/model/make.py made. */
export const models = loadPipeline(goldenFolder('pipeline'));
export const tokenizer = loadTokenizer(models.tokenizerFolder);
const scheduler = parseSchedulerConfig(
  readFileSync(join(models.schedulerFolder, 'scheduler_config.json'), 'utf8'),
);
const clipFolder = loadModel(clipKind, goldenFolder('clip'));
export const original: Architecture = unetArchitecture(models.unet.config);

export const pretrained: UNetChoice = { architecture: original, weights: 'pretrained' };

export const captions = ['a red heart', 'cat', 'the moon and a face', 'a dog', 'red cat', 'no heart', 'sun'];

export const openHost = (): DeviceHost => new DeviceHost(parseDevice('cpu', 1));

export async function openPipeline(
  host: DeviceHost,
  settings: Partial<GenerationSettings> = {},
): Promise<TextToImagePipeline> {
  const loadWeights = () => Promise.resolve({ weights: models.unet.weights });
  return TextToImagePipeline.create(
    { host, models, tokenizer, scheduler, loadWeights },
    { batch: 3, steps: 2, guidanceScale: 3, ...settings },
  );
}

export async function openClip(host: DeviceHost, batch = 3): Promise<ClipModel> {
  const size = clipFolder.config.vision.imageSize;
  const preprocessing = parseClipPreprocessing(JSON.stringify({ size, crop_size: size }));
  return ClipModel.create({ host, model: clipFolder, tokenizer, preprocessing, batch });
}

/** Largest absolute difference of two arrays of one length. */
export function largestDifference(one: ArrayLike<number>, other: ArrayLike<number>): number {
  if (one.length !== other.length) return Number.POSITIVE_INFINITY;
  return Array.from(one).reduce((worst, value, k) => {
    const difference = Math.abs(value - (other[k] ?? Number.NaN));
    return difference <= worst ? worst : difference;
  }, 0);
}
