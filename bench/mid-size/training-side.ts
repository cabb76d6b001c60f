// The process that trains for run.ts: `training-side.ts PIPELINE SETTINGS`, the settings as JSON. Prints a line of JSON.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gaussianBatch } from '../../src/diffusion/gaussian.js';
import { parseSchedulerConfig } from '../../src/diffusion/scheduler-config.js';
import { elementCount } from '../../src/graph/value.js';
import { unetArchitecture } from '../../src/model/unet-architecture.js';
import { loadModel } from '../../src/model/model-folder.js';
import { unetKind } from '../../src/model/model-kind.js';
import { unetParameters } from '../../src/model/unet.js';
import { parseDevice } from '../../src/runtime/device.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import { EvolvingTrainer, type EvolvingTraining } from '../../src/training/evolving-trainer.js';
import { TrainingCheckpoints } from '../../src/training/training-checkpoint.js';
import { initialState } from '../../src/training/training-session.js';
import { scheduler } from '../full-size/family.js';
import type { TrainingSettings, TrainingFigures } from './training-settings.js';

const [pipeline = '', settingsText = '{}'] = process.argv.slice(2);
const settings = JSON.parse(settingsText) as TrainingSettings;
const steps = 3;

const { config, weights } = loadModel(unetKind, join(pipeline, 'unet'));
const architecture = unetArchitecture(config);
const latentShape = [config.inChannels, 64, 64];
const contextShape = [77, config.contextChannels];

/** Pictures or captions of nothing but noise, each its own. */
const noise =
  (stream: number, shape: readonly number[]) =>
  (indices: readonly number[]): Promise<Float32Array> =>
    Promise.resolve(gaussianBatch(0, indices, elementCount(shape), stream));

const training: EvolvingTraining = {
  ...settings,
  unet: config,
  scheduler: parseSchedulerConfig(JSON.stringify(scheduler)),
  items: {
    drawnFrom: {
      weights: [1, 1],
      captions: [[Int32Array.of(1)], [Int32Array.of(2)]],
      emptyCaption: Int32Array.of(0),
    },
    latentShape,
    contextShape,
    latents: noise(1, latentShape),
    contexts: noise(2, contextShape),
  },
  emptyCaptionShare: 0.1,
  stepsPerRun: 1,
  learningRate: 1e-4,
  warmUpSteps: 0,
  finalShare: 1,
  weightDecay: 0.01,
  maxGradientNorm: 1,
  skip: { probability: { 'cross-attention': 0, resnet: 0 }, rampSteps: 0 },
};

const folder = mkdtempSync(join(tmpdir(), 'snapevo-bench-'));
const host = new DeviceHost(parseDevice('cpu', cpus().length));
try {
  const checkpoints = new TrainingCheckpoints(folder);
  const shapes = new Map(unetParameters(config, architecture).map(({ name, shape }) => [name, shape]));
  const start = checkpoints.save(initialState(weights), (name) => shapes.get(name) ?? []);
  const ends: number[] = [];
  const losses: number[] = [];
  const trainer = new EvolvingTrainer(host, training, checkpoints, (_, __, reports) => {
    ends.push(performance.now());
    losses.push(...reports.map(({ loss }) => loss));
  });
  const stretch = { fromStep: 0, steps };
  await trainer.train({
    ...{ type: 'train', mode: 'robust', architecture, weights: start, seed: 0 },
    ...{ fromStep: 0, steps, stretch },
  });
  await trainer.close();
  const [first = 0] = ends;
  const figures: TrainingFigures = {
    secondsPerStep: ((ends.at(-1) ?? 0) - first) / (steps - 1) / 1000,
    peakMemoryGb: process.resourceUsage().maxRSS / 2 ** 20,
    losses,
  };
  console.log(JSON.stringify(figures));
} finally {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
}
