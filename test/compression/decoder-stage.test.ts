import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lossGradients } from '../../src/autodiff/gradients.js';
import { decoderStage, type DecoderDistillation } from '../../src/compression/decoder-stage.js';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import type { Value } from '../../src/graph/value.js';
import { parseClipConfig } from '../../src/model/clip-config.js';
import { clipParameters } from '../../src/model/clip.js';
import { initializeParameters } from '../../src/model/initialize-parameters.js';
import { loadModel } from '../../src/model/model-folder.js';
import { vaeKind } from '../../src/model/model-kind.js';
import { vaeDecoderParameters } from '../../src/model/vae.js';
import { openSafetensors } from '../../src/onnx/safetensors.js';
import { serializeModel } from '../../src/onnx/serialize-model.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import { parseDevice } from '../../src/runtime/device.js';
import { float32Tensor, type Tensors } from '../../src/runtime/tensor.js';
import { trainStage } from '../../src/training/train-stage.js';
import { initialState, type StepReport } from '../../src/training/training-session.js';
import { goldenFolder } from '../model/golden-folder.js';
import { readGolden, tensorNamed } from '../model/golden.js';

const teacher = loadModel(vaeKind, goldenFolder('../decoder/teacher'));
const student = loadModel(vaeKind, goldenFolder('../decoder/student'));
const parameters = vaeDecoderParameters(student.config);
const latents = tensorNamed(readGolden('../decoder/student'), 'latents');
const size = 4 * 3 * 5;
const rows = [0, 1].map((i) => (latents.data as Float32Array).slice(i * size, (i + 1) * size));

const steps = 30;
const distillation: DecoderDistillation = {
  seed: 3,
  batch: 2,
  totalSteps: steps,
  stepsPerRun: 10,
  learningRate: { peak: 0.01, warmUpSteps: 2, totalSteps: steps, finalShare: 0.5 },
  weightDecay: 0,
  maxGradientNorm: 1,
  averageDecay: 0.9,
  accumulation: 1,
  teacher,
  student: student.config,
  latents: { shape: [4, 3, 5], rows },
};

const tower = { hidden_size: 4, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 1 };
const clipConfig = parseClipConfig(
  JSON.stringify({
    projection_dim: 4,
    text_config: { ...tower, vocab_size: 8, max_position_embeddings: 2, eos_token_id: 2 },
    vision_config: { ...tower, image_size: 8, patch_size: 4 },
  }),
);
const perceptual = {
  model: {
    config: clipConfig,
    weights: initializeParameters(clipParameters(clipConfig), 5),
    preprocessing: { mean: [0.5, 0.4, 0.3], deviation: [0.5, 0.4, 0.25] },
  },
  weight: 0.5,
};

let host: DeviceHost;
beforeAll(() => {
  host = new DeviceHost(parseDevice('cpu', 1));
});
afterAll(() => host.close());

/** The teacher's parameters have the names themselves. */
const inputOf = (name: string): string => `student/${name}`;

const feeds = (weights: ReadonlyMap<string, Float32Array>): Tensors => ({
  latents: float32Tensor(latents.shape, latents.data as Float32Array),
  ...Object.fromEntries(
    parameters.map(({ name, shape }) => [
      inputOf(name),
      float32Tensor(shape, weights.get(name) ?? new Float32Array()),
    ]),
  ),
});

/** Runs a stage's loss on the golden latents; with it, its gradient for every parameter. */
async function lossAndGradients(stage: DecoderDistillation) {
  const g = new GraphBuilder();
  const input = g.input('latents', { dtype: 'float32', shape: latents.shape });
  const values = new Map<string, Value>(
    parameters.map(({ name, shape }) => [name, g.input(inputOf(name), { dtype: 'float32', shape })]),
  );
  const parameter = (name: string): Value => values.get(name) ?? g.scalar(Number.NaN);
  const { loss } = decoderStage(stage).spec.buildLoss(g, parameter, { latents: input });
  const found = lossGradients(g, loss, [...values.values()]);
  const outputs = [...values].map(([name, value]) => [name, found.get(value) ?? value] as const);
  const graph = g.build('loss', [loss, ...outputs.map(([, value]) => value)]);
  const session = await host.createSession(serializeModel(graph));
  return {
    run: async (weights: ReadonlyMap<string, Float32Array>) => {
      const results = await session.run(feeds(weights));
      const numbers = ({ name }: Value): Float32Array => results[name]?.data as Float32Array;
      return {
        loss: numbers(loss)[0] ?? Number.NaN,
        gradients: new Map(outputs.map(([name, value]) => [name, numbers(value)])),
      };
    },
    release: () => session.release(),
  };
}

describe('the loss of a small decoder', () => {
  it('and its gradient for every parameter are PyTorch’s', async () => {
    const golden = openSafetensors(goldenFolder('../decoder/gradients.safetensors'));
    expect([...golden.tensors.keys()].toSorted()).toEqual(
      ['loss', ...parameters.map(({ name }) => name)].toSorted(),
    );
    const graph = await lossAndGradients(distillation);
    const { loss, gradients } = await graph.run(student.weights);
    await graph.release();
    expect(loss).toBeCloseTo(golden.read('loss')[0] ?? Number.NaN, 4);
    for (const [name, found] of gradients) {
      const expected = golden.read(name);
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const off = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (found[i] ?? NaN))), 0);
      expect(found, name).toHaveLength(expected.length);
      expect(off, name).toBeLessThan(1e-4 + 1e-3 * largest);
    }
  });

  it('with a perceptual term has the gradient that its differences have', async () => {
    const graph = await lossAndGradients({ ...distillation, perceptual });
    const { gradients } = await graph.run(student.weights);
    for (const name of ['decoder.conv_out.bias', 'decoder.up_blocks.1.resnets.0.conv1.bias']) {
      const at = async (step: number): Promise<number> => {
        const moved = Float32Array.from(student.weights.get(name) ?? []);
        moved[1] = (moved[1] ?? 0) + step;
        return (await graph.run(new Map([...student.weights, [name, moved]]))).loss;
      };
      const [up, down] = [await at(5e-3), await at(-5e-3)];
      const slope = (up - down) / 1e-2;
      expect(gradients.get(name)?.[1]).toBeCloseTo(slope, 1 - Math.ceil(Math.log10(Math.abs(slope))));
    }
    await graph.release();
  });
});

describe('the training of a small decoder', () => {
  it('sees what depends on its seed and the step alone', async () => {
    const { batchAt, spec } = decoderStage(distillation);
    expect(await decoderStage(distillation).batchAt(3)).toEqual(await batchAt(3));
    const batches: Tensors[] = [];
    for (const step of [1, 2, 3, 4, 5, 6]) batches.push(await batchAt(step));
    expect(new Set(batches.map(({ latents }) => latents?.data.join())).size).toBeGreaterThan(1);
    const { dtype, shape } = batches[0]?.['latents'] ?? {};
    expect({ dtype, shape }).toEqual(spec.batch['latents']);
  });

  it('is the same but for rounding on one batch or on several added up', async () => {
    const momentsOf = async (changes: Partial<DecoderDistillation>) => {
      const stage = decoderStage({ ...distillation, totalSteps: 1, stepsPerRun: 1, ...changes });
      const start = { step: 0, state: initialState(initializeParameters(parameters, 1)) };
      const { state } = await trainStage(host, stage, start, {
        checkpointEverySteps: 1,
        signal: new AbortController().signal,
        onSteps: () => undefined,
        onCheckpoint: () => undefined,
      });
      return state.moment1;
    };
    const [whole, parts] = [await momentsOf({}), await momentsOf({ batch: 1, accumulation: 2 })];
    for (const [name, data] of whole) {
      const found = parts.get(name) ?? new Float32Array();
      const off = Math.hypot(...data.map((value, i) => value - (found[i] ?? Number.NaN)));
      expect(off, name).toBeLessThanOrEqual(1e-4 * Math.hypot(...data) + 1e-9);
    }
  });

  it.each([
    ['squared error', distillation],
    ['squared error and features', { ...distillation, perceptual }],
  ])('learns by %s, and leaves no parameter as it was', async (_, given) => {
    const start = initializeParameters(parameters, 1);
    const reports: StepReport[] = [];
    const { state } = await trainStage(
      host,
      decoderStage(given),
      { step: 0, state: initialState(start) },
      {
        checkpointEverySteps: steps,
        signal: new AbortController().signal,
        onCheckpoint: () => undefined,
        onSteps: (__, found) => reports.push(...found),
      },
    );
    const [first, last] = [reports.slice(0, 5), reports.slice(-5)].map((some) =>
      some.reduce((sum, { loss }) => sum + loss, 0),
    );
    expect(last).toBeLessThan(0.9 * (first ?? Number.NaN));
    const untouched = [...start].filter(([name, data]) => state.parameter.get(name)?.join() === data.join());
    expect(untouched.map(([name]) => name)).toEqual([]);
    for (const report of 'perceptual' in given ? reports : []) {
      const { loss, squaredError = NaN, featureError = NaN } = report as Record<string, number>;
      expect(featureError).toBeGreaterThan(0);
      expect(loss).toBeCloseTo(squaredError + 0.5 * featureError, 4);
    }
  });
});
