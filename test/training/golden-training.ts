import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { presentBlocks, type Architecture } from '../../src/architecture/architecture.js';
import type { ActivationMode } from '../../src/autodiff/gradient-rule.js';
import type { Value } from '../../src/graph/value.js';
import { parseUNetConfig } from '../../src/model/unet-config.js';
import { unetArchitecture } from '../../src/model/unet-architecture.js';
import { buildUNet, unetParameters } from '../../src/model/unet.js';
import { openSafetensors } from '../../src/onnx/safetensors.js';
import type { DeviceHost } from '../../src/runtime/device-host.js';
import { boolTensor, float32Tensor, type Tensors } from '../../src/runtime/tensor.js';
import { graphParameters } from '../../src/training/graph-parameters.js';
import { meanSquaredError } from '../../src/training/losses.js';
import { layOutParameters } from '../../src/training/parameter-layout.js';
import { gatedBy } from '../../src/training/skip-draws.js';
import { stackTensors } from '../../src/training/train-stage.js';
import type { TrainingSpec } from '../../src/training/training-spec.js';
import type { WeightFormatName } from '../../src/training/weight-format.js';
import {
  initialState,
  TrainingSession,
  type StepReport,
  type TrainingState,
} from '../../src/training/training-session.js';

/** What PyTorch reported of ten steps. */
interface GoldenSteps {
  readonly losses: readonly number[];
  readonly gradientNorms: readonly number[];
}

interface GoldenFacts {
  readonly optimizer: {
    readonly betas: readonly [number, number];
    readonly eps: number;
    readonly weight_decay: number;
    readonly maxGradientNorm: number;
    readonly learningRates: readonly number[];
  };
  readonly whole: GoldenSteps;
  readonly robust: GoldenSteps & { readonly gates: readonly Readonly<Record<string, boolean>>[] };
}

const goldenPath = (file: string): string =>
  fileURLToPath(new URL(`../golden/training/${file}`, import.meta.url));

export const facts = JSON.parse(readFileSync(goldenPath('steps.json'), 'utf8')) as GoldenFacts;
const config = parseUNetConfig(readFileSync(goldenPath('config.json'), 'utf8'));
export const original = unetArchitecture(config);
export const steps = facts.whole.losses.length;

/** Tensors of one of the files that test/golden/training/make.py made. */
export function readGoldenTensors(file: string): Map<string, Float32Array> {
  const opened = openSafetensors(goldenPath(`${file}.safetensors`));
  return new Map([...opened.tensors.keys()].map((name) => [name, opened.read(name)]));
}

/** Which blocks run at a step, counted from 1; all of them where a block isn't named. */
export type Gates = (step: number) => Readonly<Record<string, boolean>>;

/** A training of the golden network: its architecture, how its blocks are gated, and how it is run. */
export interface GoldenRun {
  readonly architecture: Architecture;
  readonly gates?: Gates;
  readonly activations?: ActivationMode;
  readonly stepsPerRun: number;
  readonly accumulation?: number;
  readonly weightDtype?: WeightFormatName;
}

const batchFile = openSafetensors(goldenPath('batches.safetensors'));

/** One step's inputs; step counted from 1. */
function batchAt(step: number): Tensors {
  return Object.fromEntries(
    [...batchFile.tensors].map(([name, { shape }]) => {
      const data = batchFile.read(name);
      const size = data.length / steps;
      return [name, float32Tensor(shape.slice(1), data.slice((step - 1) * size, step * size))];
    }),
  );
}

export function goldenSpec({
  architecture,
  gates,
  activations,
  stepsPerRun,
  accumulation = 1,
  weightDtype = 'float32',
}: GoldenRun): TrainingSpec {
  const blocks = presentBlocks(architecture);
  const inputs = Object.entries(batchAt(1)).map(
    ([name, { dtype, shape }]) => [name, { dtype, shape }] as const,
  );
  const { optimizer } = facts;
  return {
    groups: layOutParameters(unetParameters(config, architecture), (name) =>
      name.split('.').slice(0, 4).join('.'),
    ),
    batch: Object.fromEntries(inputs),
    shared: gates === undefined ? {} : { gates: { dtype: 'bool', shape: [blocks.length] } },
    accumulation,
    weightDtype,
    buildLoss: (g, parameter, batch) => {
      const reads = {
        sample: batch['noisy'] as Value,
        timestep: batch['timestep'] as Value,
        encoderHiddenStates: batch['context'] as Value,
      };
      const gate = batch['gates'];
      const run = gate === undefined ? undefined : gatedBy(g, gate, blocks);
      const prediction = buildUNet(g, config, architecture, graphParameters(parameter), reads, run);
      return { loss: meanSquaredError(g, prediction, batch['target'] as Value) };
    },
    optimizer: {
      beta1: optimizer.betas[0],
      beta2: optimizer.betas[1],
      epsilon: optimizer.eps,
      weightDecay: optimizer.weight_decay,
    },
    maxGradientNorm: optimizer.maxGradientNorm,
    ema: false,
    stepsPerRun,
    ...(activations === undefined ? {} : { gradientOptions: { activations: () => activations } }),
  };
}

export interface Trained {
  readonly reports: readonly StepReport[];
  readonly state: TrainingState;
}

/** Trains the golden network from its initial weights over the first `count` golden batches. */
export async function trainGolden(host: DeviceHost, run: GoldenRun, count = steps): Promise<Trained> {
  const { stepsPerRun, gates } = run;
  const blocks = presentBlocks(run.architecture);
  const inputsAt = (step: number): Tensors => {
    if (gates === undefined) return batchAt(step);
    const on = gates(step);
    const runs = blocks.map(({ id }) => on[id] ?? true);
    return { ...batchAt(step), gates: boolTensor([blocks.length], runs) };
  };
  const session = await TrainingSession.create(
    host,
    goldenSpec(run),
    initialState(readGoldenTensors('initial')),
  );
  const reports: StepReport[] = [];
  for (let first = 1; first <= count; first += stepsPerRun) {
    const inputs = Array.from({ length: stepsPerRun }, (_, i) => inputsAt(first + i));
    const rateAt = (step: number): number => facts.optimizer.learningRates[step - 1] ?? Number.NaN;
    reports.push(...(await session.run(first, stackTensors(inputs), rateAt)));
  }
  const state = await session.getState();
  await session.release();
  return { reports, state };
}
