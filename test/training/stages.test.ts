import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gaussianNoise } from '../../src/diffusion/gaussian.js';
import { alphaCumprodAt, createNoiseSchedule } from '../../src/diffusion/noise-schedule.js';
import { predictionMix } from '../../src/diffusion/prediction.js';
import { parseSchedulerConfig, type PredictionType } from '../../src/diffusion/scheduler-config.js';
import { parseClipConfig } from '../../src/model/clip-config.js';
import { clipParameters } from '../../src/model/clip.js';
import { initializeParameters } from '../../src/model/initialize-parameters.js';
import type { Weights } from '../../src/model/parameters.js';
import { unetArchitecture } from '../../src/model/unet-architecture.js';
import { parseUNetConfig } from '../../src/model/unet-config.js';
import { parseVaeConfig } from '../../src/model/vae-config.js';
import { vaeParameters } from '../../src/model/vae.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import { parseDevice } from '../../src/runtime/device.js';
import { clipStage } from '../../src/training/clip-stage.js';
import {
  denoisingParameters,
  denoisingStage,
  type DenoisingTraining,
} from '../../src/training/denoising-stage.js';
import { trainStage, type TrainingStage } from '../../src/training/train-stage.js';
import { initialState, type StepReport } from '../../src/training/training-session.js';
import { isEncoders, vaeStage } from '../../src/training/vae-stage.js';
import { captionedPictures } from './picture-fixtures.js';

const steps = 40;
const pace = {
  seed: 7,
  batch: 6,
  totalSteps: steps,
  stepsPerRun: 10,
  learningRate: { peak: 0.02, warmUpSteps: 2, totalSteps: steps, finalShare: 0.5 },
  weightDecay: 0.01,
  maxGradientNorm: 1,
  averageDecay: 0.9,
};
const pictures = captionedPictures(5, 8);
const scheduler = (predictionType: PredictionType) =>
  parseSchedulerConfig(
    JSON.stringify({
      _class_name: 'DDIMScheduler',
      beta_schedule: 'scaled_linear',
      prediction_type: predictionType,
    }),
  );

const vaeConfig = parseVaeConfig(
  JSON.stringify({ block_out_channels: [4], norm_num_groups: 2, latent_channels: 2, sample_size: 8 }),
);
const vae = { ...pace, config: vaeConfig, pictures, divergenceWeight: 0.01 };
const vaeWeights = initializeParameters(vaeParameters(vaeConfig), 1);

const tower = { hidden_size: 4, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 1 };
const clipConfig = parseClipConfig(
  JSON.stringify({
    projection_dim: 4,
    text_config: { ...tower, vocab_size: 8, max_position_embeddings: 2, eos_token_id: 2 },
    vision_config: { ...tower, image_size: 8, patch_size: 4 },
  }),
);
const clip = {
  ...pace,
  config: clipConfig,
  pictures,
  imageMean: [0.5, 0.4, 0.3],
  imageStd: [0.5, 0.4, 0.25],
};

const unet = parseUNetConfig(
  JSON.stringify({
    block_out_channels: [4],
    down_block_types: ['CrossAttnDownBlock2D'],
    up_block_types: ['CrossAttnUpBlock2D'],
    layers_per_block: 1,
    norm_num_groups: 2,
    attention_head_dim: 1,
    cross_attention_dim: 4,
    in_channels: 2,
    out_channels: 2,
  }),
);
const latents = gaussianNoise({ seed: 1, index: 0 }, 5 * 2 * 4 * 4);
const denoising = (predictionType: PredictionType): DenoisingTraining => ({
  ...pace,
  unet,
  architecture: unetArchitecture(unet),
  textEncoder: clipConfig.text,
  scheduler: scheduler(predictionType),
  emptyCaptionShare: 0.1,
  data: { ...pictures, latents, shape: [2, 4, 4] },
});

interface Subject {
  readonly stage: TrainingStage;
  readonly weights: Weights;
}
const encoderStays = { ...vae, divergenceWeight: 0, frozenEncoder: vaeWeights };
const subjects: Readonly<Record<string, () => Subject>> = {
  'a VAE': () => ({ stage: vaeStage(vae), weights: vaeWeights }),
  "a VAE's decoder alone": () => ({
    stage: vaeStage(encoderStays),
    weights: new Map([...vaeWeights].filter(([name]) => !isEncoders(name))),
  }),
  'a CLIP model': () => ({
    stage: clipStage(clip),
    weights: initializeParameters(clipParameters(clipConfig), 2),
  }),
  'a UNet and its text encoder': () => ({
    stage: denoisingStage(denoising('epsilon')),
    weights: initializeParameters(denoisingParameters(denoising('epsilon')), 3),
  }),
};

let host: DeviceHost;
beforeAll(() => {
  host = new DeviceHost(parseDevice('cpu', 1));
});
afterAll(() => host.close());

/** Trains a stage to its end. */
async function trained({ stage, weights }: Subject) {
  const reports: StepReport[] = [];
  const reached = await trainStage(
    host,
    stage,
    { step: 0, state: initialState(weights) },
    {
      checkpointEverySteps: steps,
      signal: new AbortController().signal,
      onCheckpoint: () => undefined,
      onSteps: (_, found) => reports.push(...found),
    },
  );
  return { reports, state: reached.state };
}

const meanLoss = (reports: readonly StepReport[]): number =>
  reports.reduce((sum, { loss }) => sum + loss, 0) / reports.length;

describe.each(Object.entries(subjects))('the training of %s', (_, subject) => {
  it('sees what depends on its seed and the step alone, of the types that it says', async () => {
    const { stage } = subject();
    const batch = await stage.batchAt(3);
    expect(await subject().stage.batchAt(3)).toEqual(batch);
    expect(await stage.batchAt(4)).not.toEqual(batch);
    const types = Object.entries(batch).map(([name, { dtype, shape }]) => [name, { dtype, shape }]);
    expect(Object.fromEntries(types)).toEqual(stage.spec.batch);
    for (const { data, shape } of Object.values(batch))
      expect(data).toHaveLength(shape.reduce((product, extent) => product * extent, 1));
  });

  it('learns, and changes every parameter there is', async () => {
    const { stage, weights } = subject();
    const { reports, state } = await trained({ stage, weights });
    expect(meanLoss(reports.slice(-10))).toBeLessThan(0.95 * meanLoss(reports.slice(0, 5)));
    expect([...state.parameter.keys()].toSorted()).toEqual([...weights.keys()].toSorted());
    const untouched = [...weights].filter(
      ([name, data]) => state.parameter.get(name)?.join() === data.join(),
    );
    expect(untouched.map(([name]) => name)).toEqual([]);
  });
});

describe("a VAE's loss", () => {
  it('is the squared error and a share of the divergence, told apart', async () => {
    const { reports } = await trained({ stage: vaeStage(vae), weights: vaeWeights });
    for (const report of reports.slice(0, 3)) {
      const { loss, squaredError = NaN, divergence = NaN } = report as Record<string, number>;
      expect(divergence).toBeGreaterThan(0);
      expect(loss).toBeCloseTo(squaredError + (0.01 * divergence) / (3 * 8 * 8), 5);
    }
  });
});

describe('what a CLIP model sees', () => {
  it('is told which captions are of the same picture, rows summing to one', async () => {
    const { same, tokens } = await clipStage(clip).batchAt(1);
    const items = Array.from({ length: 6 }, (_, i) => Number(tokens?.data[2 * i]));
    expect(new Set(items).size).toBeLessThan(6);
    items.forEach((item, row) => {
      const alike = items.filter((other) => other === item).length;
      items.forEach((other, column) => {
        expect(same?.data[row * 6 + column]).toBeCloseTo(other === item ? 1 / alike : 0, 6);
      });
    });
  });

  it('is normalised channel by channel, as the scorer will normalise', async () => {
    const plain = { ...clip, imageMean: [0, 0, 0], imageStd: [1, 1, 1] };
    const [found, unit] = [await clipStage(clip).batchAt(2), await clipStage(plain).batchAt(2)];
    found['pixels']?.data.forEach((value, k) => {
      const channel = Math.floor(k / 64) % 3;
      const expected =
        (Number(unit['pixels']?.data[k]) - (clip.imageMean[channel] ?? NaN)) /
        (clip.imageStd[channel] ?? NaN);
      expect(Number(value)).toBeCloseTo(expected, 4);
    });
  });

  it('has to be of the size of its pictures', () => {
    const other = parseClipConfig(
      JSON.stringify({ vision_config: { ...tower, image_size: 16, patch_size: 4 } }),
    );
    expect(() => clipStage({ ...clip, config: other })).toThrow(
      expect.objectContaining({ code: 'TRAINING_PICTURE_SIZE' }),
    );
    expect(() => vaeStage({ ...vae, config: { ...vaeConfig, inChannels: 1 } })).toThrow(
      expect.objectContaining({ code: 'TRAINING_PICTURE_SIZE' }),
    );
  });
});

describe('what a UNet sees', () => {
  it.each<PredictionType>(['epsilon', 'v_prediction', 'sample'])(
    'is the latents of its caption under noise, with the target of %s',
    async (predictionType) => {
      const training = denoising(predictionType);
      const schedule = createNoiseSchedule(training.scheduler);
      const { noisy, target, timestep, tokens } = await denoisingStage(training).batchAt(5);
      for (let image = 0; image < 6; image++) {
        const at = Number(timestep?.data[image]);
        expect(Math.floor((at * 6) / schedule.trainTimesteps)).toBe(image);
        const mix = predictionMix(predictionType, 'sample', alphaCumprodAt(schedule, at));
        const clean = Array.from({ length: 32 }, (_, k) => {
          const place = image * 32 + k;
          return mix.ofSample * Number(noisy?.data[place]) + mix.ofOutput * Number(target?.data[place]);
        });
        const far = [0, 1, 2, 3, 4].map((item) =>
          Math.max(...clean.map((value, k) => Math.abs(value - (latents[item * 32 + k] ?? NaN)))),
        );
        const item = far.findIndex((distance) => distance < 1e-3);
        expect(item).toBeGreaterThanOrEqual(0);
        expect([0, item + 1]).toContain(Number(tokens?.data[2 * image]));
      }
    },
  );
});
