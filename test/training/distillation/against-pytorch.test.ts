import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { addNoise, velocity } from '../../../src/diffusion/forward-process.js';
import { halvedSteps } from '../../../src/diffusion/halved-steps.js';
import { createNoiseSchedule } from '../../../src/diffusion/noise-schedule.js';
import { parseSchedulerConfig, type SchedulerConfig } from '../../../src/diffusion/scheduler-config.js';
import { GraphBuilder } from '../../../src/graph/graph-builder.js';
import { elementCount } from '../../../src/graph/value.js';
import { unetArchitecture } from '../../../src/model/unet-architecture.js';
import { parseUNetConfig } from '../../../src/model/unet-config.js';
import { unetParameters } from '../../../src/model/unet.js';
import { openSafetensors } from '../../../src/onnx/safetensors.js';
import { boolTensor, float32Tensor, type Tensors } from '../../../src/runtime/tensor.js';
import { batchGradients } from '../../../src/training/batch-gradients.js';
import { halvedBatch } from '../../../src/training/distillation/distillation-batches.js';
import { distillationStage } from '../../../src/training/distillation/distillation-stage.js';
import type { WeightedUNet } from '../../../src/training/distillation/unet-part.js';
import { velocityStage } from '../../../src/training/distillation/velocity-stage.js';
import type { EncodedItems } from '../../../src/training/encoded-items.js';
import { unflatten } from '../../../src/training/parameter-layout.js';
import type { TrainingSpec } from '../../../src/training/training-spec.js';
import { elements, withSession } from '../../autodiff/run-graph.js';
import { plentyOfMemory } from './tiny-distillation.js';

interface GoldenLoss {
  readonly total: number;
  readonly distillation: number;
  readonly original: number;
}

interface GoldenCase extends Readonly<
  Record<'latents' | 'noise' | 'context' | 'unconditional' | 'guidance', readonly number[]>
> {
  readonly steps: number;
  readonly scheduler: object;
  readonly vanilla: GoldenLoss;
  readonly cfg: GoldenLoss;
  readonly velocity: { readonly total: number; readonly timesteps: readonly number[] };
}

const goldenPath = (file: string): string =>
  fileURLToPath(new URL(`../../golden/distillation/${file}`, import.meta.url));
const golden = JSON.parse(readFileSync(goldenPath('losses.json'), 'utf8')) as {
  readonly gamma: number;
  readonly cases: Readonly<Record<string, GoldenCase>>;
};
const gradients = openSafetensors(goldenPath('gradients.safetensors'));
const [latentShape, contextShape] = [
  [4, 4, 4],
  [2, 4],
] as const;

function network(name: string): WeightedUNet {
  const config = parseUNetConfig(readFileSync(goldenPath(`${name}.json`), 'utf8'));
  const file = openSafetensors(goldenPath(`${name}.safetensors`));
  const weights = new Map([...file.tensors.keys()].map((tensor) => [tensor, file.read(tensor)]));
  return { config, architecture: unetArchitecture(config), weights };
}
const [student, teacher] = [network('student'), network('teacher')];

/** Nothing is drawn here: batches are those of the golden files. */
const items: EncodedItems = {
  drawnFrom: { weights: [1], captions: [[Int32Array.of(0)]], emptyCaption: Int32Array.of(0) },
  latentShape,
  contextShape,
  latents: () => Promise.reject(new Error('not drawn')),
  contexts: () => Promise.reject(new Error('not drawn')),
};

const settings = (scheduler: SchedulerConfig, batch: number) => ({
  ...{ seed: 0, batch, totalSteps: 1, stepsPerRun: 1, items, scheduler, emptyCaptionShare: 0 },
  learningRate: { peak: 1, warmUpSteps: 0, totalSteps: 1, finalShare: 1 },
  ...{ weightDecay: 0, maxGradientNorm: 1, averageDecay: 0, ...plentyOfMemory },
});

/** What a training's graph makes of a batch: its reports, and the gradients by the parameters' names. */
async function differentiated(spec: TrainingSpec, batch: Tensors) {
  const g = new GraphBuilder();
  const tensors = new Map(
    unetParameters(student.config, student.architecture).map(({ name, shape }) => {
      const data = student.weights.get(name) ?? new Float32Array(elementCount(shape));
      return [name, g.initializer(`student/${name}`, { dtype: 'float32', shape }, data)] as const;
    }),
  );
  const read = (types: TrainingSpec['batch']) =>
    Object.fromEntries(Object.entries(types).map(([name, type]) => [name, g.input(name, type)]));
  const inputs = { split: read(spec.batch), shared: read(spec.shared ?? {}) };
  const { groupGradients, reports } = batchGradients(g, spec, tensors, inputs);
  const graph = g.build('loss', [...Object.values(reports), ...groupGradients]);
  return withSession(graph, async (run) => {
    const outputs = await run(batch);
    const found = spec.groups.flatMap((group, i) => [
      ...unflatten(group, Float32Array.from(elements(outputs, groupGradients[i]?.name ?? ''))),
    ]);
    const values = Object.entries(reports).map(([name, { name: output }]) => [
      name,
      elements(outputs, output)[0],
    ]);
    return { reports: Object.fromEntries(values) as Record<string, number>, gradients: new Map(found) };
  });
}

/** Length of the difference of all gradients as a share of the length of PyTorch's. */
function gradientError(found: ReadonlyMap<string, Float32Array>, prefix: string): number {
  let [square, squareOff, count] = [0, 0, 0];
  for (const [name, data] of found) {
    const expected = gradients.read(`${prefix}/${name}`);
    expect(data).toHaveLength(expected.length);
    expected.forEach((value, i) => {
      square += value ** 2;
      squareOff += ((data[i] ?? NaN) - value) ** 2;
      count += 1;
    });
  }
  expect(count).toBe([...student.weights.values()].reduce((sum, { length }) => sum + length, 0));
  return Math.sqrt(squareOff / square);
}

const relative = (found: number | undefined, expected: number): number =>
  Math.abs((found ?? NaN) - expected) / Math.abs(expected);

describe.each(Object.entries(golden.cases))('against PyTorch and diffusers, timesteps %s', (name, facts) => {
  const floats = (key: 'latents' | 'noise' | 'context' | 'unconditional' | 'guidance') =>
    Float32Array.from(facts[key]);
  const scheduler = parseSchedulerConfig(JSON.stringify(facts.scheduler));
  const schedule = createNoiseSchedule(scheduler);
  const context = float32Tensor([facts.steps, ...contextShape], floats('context'));
  const common = settings(scheduler, facts.steps);
  const halved = halvedSteps(scheduler, facts.steps);
  const batch = {
    ...halvedBatch(schedule, halved, floats('latents'), floats('noise'), latentShape),
    context,
  };
  const specOf = (range: readonly [number, number] | null) =>
    distillationStage({
      ...common,
      ...{ student, teacher, steps: facts.steps, gamma: golden.gamma },
      guidance: range === null ? null : { probability: 1, range },
      unconditional: floats('unconditional'),
    }).spec;

  it.each([
    ['vanilla', 'vanilla', null, {}],
    ['vanilla', 'cfg-aware, of a step that does not guide', [2, 14], { isGuided: false }],
    ['cfg', 'cfg-aware', [2, 14], { isGuided: true }],
  ] as const)(
    'L_%s with L_ori rescaled, and its gradient: %s',
    async (loss, _, range, { isGuided }: { isGuided?: boolean }) => {
      const guidance = {
        guidance: float32Tensor([facts.steps], floats('guidance')),
        isGuided: boolTensor([], [isGuided === true]),
      };
      const found = await differentiated(specOf(range), { ...batch, ...(range === null ? {} : guidance) });
      expect(relative(found.reports['distillation'], facts[loss].distillation)).toBeLessThan(1e-4);
      expect(relative(found.reports['original'], facts[loss].original)).toBeLessThan(1e-4);
      expect(relative(found.reports['loss'], facts[loss].total)).toBeLessThan(1e-4);
      expect(gradientError(found.gradients, `${name}/${loss}`)).toBeLessThan(1e-4);
    },
  );

  it('the loss of fine-tuning to v, and its gradient', async () => {
    const { timesteps, total } = facts.velocity;
    const [latents, noise] = [floats('latents'), floats('noise')];
    const shape = [facts.steps, ...latentShape];
    const found = await differentiated(velocityStage({ ...common, network: student }).spec, {
      noisy: float32Tensor(shape, addNoise(schedule, latents, noise, timesteps)),
      target: float32Tensor(shape, velocity(schedule, latents, noise, timesteps)),
      timestep: float32Tensor([facts.steps], Float32Array.from(timesteps)),
      context,
    });
    expect(relative(found.reports['loss'], total)).toBeLessThan(1e-4);
    expect(gradientError(found.gradients, `${name}/velocity`)).toBeLessThan(1e-4);
  });
});
