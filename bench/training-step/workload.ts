import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { gaussianNoise } from '../../src/diffusion/gaussian.js';
import type { Value } from '../../src/graph/value.js';
import { initializeParameters } from '../../src/model/initialize-parameters.js';
import type { ParameterSpec } from '../../src/model/parameters.js';
import { unetArchitecture } from '../../src/model/unet-architecture.js';
import { parseUNetConfig, type UNetConfig } from '../../src/model/unet-config.js';
import { buildUNet, unetParameters } from '../../src/model/unet.js';
import { openSafetensors } from '../../src/onnx/safetensors.js';
import { writeSafetensors } from '../../src/onnx/safetensors-writer.js';
import { float32Tensor, type Tensor, type Tensors } from '../../src/runtime/tensor.js';
import { graphParameters } from '../../src/training/graph-parameters.js';
import { meanSquaredError } from '../../src/training/losses.js';
import { layOutParameters } from '../../src/training/parameter-layout.js';
import type { TrainingSpec } from '../../src/training/training-spec.js';

/** What both sides train: written into a folder that both read. */
export const workload = {
  batch: 16,
  /** Latents and captions as the shipped pipeline has them. */
  latent: [4, 16, 16],
  tokens: 16,
  contextChannels: 128,
  /** Batches that are gone through again and again. */
  batches: 10,
  learningRate: 1e-3,
  maxGradientNorm: 1,
  optimizer: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
} as const;

const files = { settings: 'settings.json', weights: 'weights.safetensors', batches: 'batches.safetensors' };

/** Configuration of the shipped UNet, as diffusers writes it. */
function shippedUNet(): unknown {
  const url = new URL('../../configs/emoji-pretrain.yaml', import.meta.url);
  const { unet } = parse(readFileSync(url, 'utf8')) as { readonly unet: { readonly config: unknown } };
  return unet.config;
}

/** Parameters of the shipped UNet. */
export function shippedParameters(): ParameterSpec[] {
  const config = parseUNetConfig(JSON.stringify(shippedUNet()));
  return unetParameters(config, unetArchitecture(config));
}

/** Writes settings, initial weights and batches; the same bytes every time. */
export function writeWorkload(folder: string): void {
  const settings = { ...workload, unet: shippedUNet(), files };
  writeFileSync(join(folder, files.settings), JSON.stringify(settings));
  const specs = shippedParameters();
  const weights = initializeParameters(specs, 0);
  writeSafetensors(
    join(folder, files.weights),
    new Map(specs.map(({ name, shape }) => [name, { shape, data: weights.get(name) ?? new Float32Array() }])),
  );
  writeSafetensors(join(folder, files.batches), drawBatches());
}

interface Drawn {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

function drawBatches(): Map<string, Drawn> {
  const { batch, latent, tokens, contextChannels, batches } = workload;
  const shapes: readonly (readonly [string, readonly number[]])[] = [
    ['noisy', [batches, batch, ...latent]],
    ['target', [batches, batch, ...latent]],
    ['context', [batches, batch, tokens, contextChannels]],
  ];
  const drawn = shapes.map(([name, shape], stream): readonly [string, Drawn] => {
    const length = shape.reduce((product, extent) => product * extent, 1);
    return [name, { shape, data: gaussianNoise({ seed: 0, index: 0, stream }, length) }];
  });
  const timestep = Float32Array.from({ length: batches * batch }, (_, i) => (i * 389) % 1000);
  return new Map([...drawn, ['timestep', { shape: [batches, batch], data: timestep }]]);
}

/** Everything a training session of ours needs. */
export interface Workload {
  readonly spec: TrainingSpec;
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** Inputs by batch. */
  readonly batches: readonly Tensors[];
}

/** Reads what {@link writeWorkload} wrote. */
export function readWorkload(folder: string, stepsPerRun: number): Workload {
  const config = parseUNetConfig(JSON.stringify(shippedUNet()));
  const weights = openSafetensors(join(folder, files.weights));
  const batches = readBatches(join(folder, files.batches));
  return {
    spec: trainingSpec(config, batches[0] ?? {}, stepsPerRun),
    weights: new Map([...weights.tensors.keys()].map((name) => [name, weights.read(name)])),
    batches,
  };
}

function readBatches(path: string): Tensors[] {
  const file = openSafetensors(path);
  const whole = [...file.tensors].map(([name, { shape }]) => ({ name, shape, data: file.read(name) }));
  return Array.from({ length: workload.batches }, (_, i) => {
    const parts = whole.map(({ name, shape, data }): [string, Tensor] => {
      const size = data.length / workload.batches;
      return [name, float32Tensor(shape.slice(1), data.slice(i * size, (i + 1) * size))];
    });
    return Object.fromEntries(parts);
  });
}

function trainingSpec(config: UNetConfig, inputs: Tensors, stepsPerRun: number): TrainingSpec {
  const architecture = unetArchitecture(config);
  const types = Object.entries(inputs).map(([name, { dtype, shape }]) => [name, { dtype, shape }] as const);
  return {
    groups: layOutParameters(unetParameters(config, architecture), (name) =>
      name.split('.').slice(0, 4).join('.'),
    ),
    batch: Object.fromEntries(types),
    buildLoss: (g, parameter, batch) => {
      const reads = {
        sample: batch['noisy'] as Value,
        timestep: batch['timestep'] as Value,
        encoderHiddenStates: batch['context'] as Value,
      };
      const prediction = buildUNet(g, config, architecture, graphParameters(parameter), reads);
      return { loss: meanSquaredError(g, prediction, batch['target'] as Value) };
    },
    optimizer: workload.optimizer,
    maxGradientNorm: workload.maxGradientNorm,
    ema: false,
    stepsPerRun,
  };
}
