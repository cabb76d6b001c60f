import { join } from 'node:path';
import type { Architecture } from '../../src/architecture/architecture.js';
import { gaussianNoise } from '../../src/diffusion/gaussian.js';
import { externalFolder } from '../../src/graph/external-folder.js';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import { elementCount, type Shape } from '../../src/graph/value.js';
import { blockWeights } from '../../src/evaluation/block-weights.js';
import { initializerParameters } from '../../src/model/parameters.js';
import type { OpenedModel } from '../../src/model/model-folder.js';
import type { UNetConfig } from '../../src/model/unet-config.js';
import { buildUNet } from '../../src/model/unet.js';
import { openSafetensors } from '../../src/onnx/safetensors.js';
import { writeSafetensors } from '../../src/onnx/safetensors-writer.js';
import { serializeModel } from '../../src/onnx/serialize-model.js';
import type { DeviceHost, RemoteSession } from '../../src/runtime/device-host.js';
import type { SessionSettings } from '../../src/runtime/session-options.js';
import { float32Tensor, type Tensors } from '../../src/runtime/tensor.js';
import { sizeAndCorrelation } from '../size-and-correlation.js';

/** One image of 512 pixels a side, with one text. */
const shapes = { sample: [1, 4, 64, 64], context: [1, 77, 768], timestep: [1] } as const satisfies Record<
  string,
  Shape
>;
const inputFile = 'inputs.safetensors';

/** What a step reads: the same numbers every time. */
export function stepInputs(): Tensors {
  const noise = (stream: number, shape: Shape) =>
    float32Tensor(shape, gaussianNoise({ seed: 0, index: 0, stream }, elementCount(shape)));
  return {
    sample: noise(0, shapes.sample),
    context: noise(1, shapes.context),
    timestep: float32Tensor(shapes.timestep, Float32Array.of(500)),
  };
}

/** Writes the inputs for a side of another language. */
export function writeStepInputs(folder: string): void {
  const tensors = Object.entries(stepInputs()).map(
    ([name, { shape, data }]) => [name, { shape, data: data as Float32Array }] as const,
  );
  writeSafetensors(join(folder, inputFile), new Map(tensors));
}

/** Reads what {@link writeStepInputs} wrote. */
export function readStepInputs(folder: string): Tensors {
  const file = openSafetensors(join(folder, inputFile));
  return Object.fromEntries(
    [...file.tensors].map(([name, { shape }]) => [name, float32Tensor(shape, file.read(name))]),
  );
}

/** A step of an architecture whose weights stay in their file; gives the whole prediction. */
export async function openStep(
  host: DeviceHost,
  { config, weights }: OpenedModel<UNetConfig>,
  architecture: Architecture,
  settings: SessionSettings = {},
): Promise<RemoteSession> {
  const g = new GraphBuilder();
  const input = (name: keyof typeof shapes) => g.input(name, { dtype: 'float32', shape: shapes[name] });
  const parameters = initializerParameters(blockWeights(weights, architecture));
  const output = buildUNet(g, config, architecture, parameters, {
    sample: input('sample'),
    timestep: input('timestep'),
    encoderHiddenStates: input('context'),
  });
  const graph = g.build('step', [output]);
  return host.createSession(serializeModel(graph), { ...externalFolder(graph), ...settings });
}

/** What tells a prediction from another one. */
export function summarizePrediction(prediction: Float32Array): number[] {
  return sizeAndCorrelation(prediction, stepInputs()['sample']?.data as Float32Array);
}
