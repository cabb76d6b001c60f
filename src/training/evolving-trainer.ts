import { hashArchitecture } from '../architecture/canonical-form.js';
import { presentBlocks, type Architecture, type PlacedBlock } from '../architecture/architecture.js';
import type { Shape, Value } from '../graph/value.js';
import type { UNetConfig } from '../model/unet-config.js';
import { buildUNet, unetParameters } from '../model/unet.js';
import type { DeviceHost } from '../runtime/device-host.js';
import { float32Tensor, type Tensors } from '../runtime/tensor.js';
import type { Trainer, TrainRequest, TrainResult } from '../search/ports.js';
import { adamWDefaults } from './adam-w.js';
import { everyParameter, stateOfArchitecture } from './architecture-state.js';
import { denoisingBatches, type DenoisingData } from './denoising-batches.js';
import { graphParameters } from './graph-parameters.js';
import { cosineLearningRate } from './learning-rate.js';
import { meanSquaredError } from './losses.js';
import { layOutParameters } from './parameter-layout.js';
import { drawGates, gatedBy, type SkipSettings } from './skip-draws.js';
import { stackTensors } from './train-stage.js';
import type { TrainingCheckpoints } from './training-checkpoint.js';
import type { LossBuilder, TrainingSpec } from './training-graph.js';
import { TrainingSession, type StepReport, type TrainingState } from './training-session.js';

/** How an evolving network is trained between actions. */
export interface EvolvingTraining extends DenoisingData {
  readonly unet: UNetConfig;
  /** Text embeddings that the data's one-token captions number: [captions, tokens, width]. */
  readonly contexts: { readonly values: Float32Array; readonly shape: Shape };
  readonly batch: number;
  readonly stepsPerRun: number;
  readonly learningRate: number;
  readonly warmUpSteps: number;
  readonly finalShare: number;
  readonly weightDecay: number;
  readonly maxGradientNorm: number;
  readonly skip: SkipSettings;
}

/** Told of every step's loss, so that it can be stored. */
export type StepListener = (
  mode: TrainRequest['mode'],
  firstStep: number,
  reports: readonly StepReport[],
  learningRateAt: (step: number) => number,
) => void;

interface OpenSession {
  readonly key: string;
  readonly session: TrainingSession;
  /** Reference of the state that the session holds; none while it trains, and after it failed to. */
  holds: string | undefined;
}

/**
 * The search's trainer: robust training, in which every present block is skipped at random, and fine-tuning without
 * skipping. A request's result depends on the request alone; the session of the last one is kept for the next.
 */
export class EvolvingTrainer implements Trainer {
  readonly #host: DeviceHost;
  readonly #training: EvolvingTraining;
  readonly #checkpoints: TrainingCheckpoints;
  readonly #onSteps: StepListener;
  #open: OpenSession | undefined;

  constructor(
    host: DeviceHost,
    training: EvolvingTraining,
    checkpoints: TrainingCheckpoints,
    onSteps: StepListener,
  ) {
    this.#host = host;
    this.#training = training;
    this.#checkpoints = checkpoints;
    this.#onSteps = onSteps;
  }

  async train(request: TrainRequest): Promise<TrainResult> {
    const held = await this.#checkpoints.load(request.weights);
    const specs = everyParameter(this.#training.unet, request.architecture);
    const state = stateOfArchitecture(held, request.architecture, specs);
    const open = await this.#openFor(request, state);
    open.holds = undefined;
    const losses = await this.#steps(request, open.session);
    const trained = merge(state, await open.session.getState());
    const shapes = new Map(specs.map(({ name, shape }) => [name, shape]));
    const weights = this.#checkpoints.save(trained, (name) => shapes.get(name) ?? []);
    open.holds = weights;
    return { weights, loss: losses.reduce((sum, loss) => sum + loss, 0) / Math.max(1, losses.length) };
  }

  /** Frees the session. */
  async close(): Promise<void> {
    await this.#open?.session.release();
    this.#open = undefined;
  }

  async #openFor(request: TrainRequest, state: TrainingState): Promise<OpenSession> {
    const stepsPerRun = largestDivisor(request.steps, this.#training.stepsPerRun);
    const key = `${request.mode}:${hashArchitecture(request.architecture)}:${stepsPerRun}`;
    if (this.#open?.key === key) {
      if (this.#open.holds !== request.weights) await this.#open.session.setState(state);
      return this.#open;
    }
    await this.close();
    const spec = evolvingSpec(this.#training, request, stepsPerRun);
    const session = await TrainingSession.create(this.#host, spec, state);
    this.#open = { key, session, holds: request.weights };
    return this.#open;
  }

  async #steps(request: TrainRequest, session: TrainingSession): Promise<number[]> {
    const { fromStep, steps, mode } = request;
    const stepsPerRun = largestDivisor(steps, this.#training.stepsPerRun);
    const batchAt = evolvingBatches(this.#training, request);
    const rateAt = learningRateOf(this.#training, request);
    const losses: number[] = [];
    for (let done = 0; done < steps; done += stepsPerRun) {
      const first = fromStep + done + 1;
      const batches = Array.from({ length: stepsPerRun }, (_, i) => batchAt(first + i));
      const reports = await session.run(first, stackTensors(batches), rateAt);
      this.#onSteps(mode, first, reports, rateAt);
      losses.push(...reports.map(({ loss }) => loss));
    }
    return losses;
  }
}

/** A fine-tuning's rate falls along its stretch; robust training, which goes on from round to round, stays at the peak. */
function learningRateOf(
  training: EvolvingTraining,
  { mode, stretch }: TrainRequest,
): (step: number) => number {
  const { learningRate: peak, warmUpSteps, finalShare } = training;
  const totalSteps = mode === 'fine-tune' ? stretch.steps : Number.MAX_SAFE_INTEGER;
  const origin = mode === 'fine-tune' ? stretch.fromStep : 0;
  return (step) => cosineLearningRate({ peak, warmUpSteps, totalSteps, finalShare }, step - origin);
}

function evolvingSpec(training: EvolvingTraining, request: TrainRequest, stepsPerRun: number): TrainingSpec {
  const { unet, batch, data, contexts, weightDecay, maxGradientNorm } = training;
  const latents = { dtype: 'float32', shape: [batch, ...data.shape] } as const;
  const blocks = gatedBlocks(request);
  const specs = unetParameters(unet, request.architecture);
  return {
    groups: layOutParameters(specs, (name) => name.split('.').slice(0, 4).join('.')),
    batch: {
      noisy: latents,
      target: latents,
      timestep: { dtype: 'float32', shape: [batch] },
      context: { dtype: 'float32', shape: [batch, ...contexts.shape] },
      ...(blocks.length === 0 ? {} : { gates: { dtype: 'bool', shape: [blocks.length] } }),
    },
    buildLoss: evolvingLoss(unet, request.architecture, blocks),
    optimizer: { ...adamWDefaults, weightDecay },
    maxGradientNorm,
    ema: false,
    stepsPerRun,
  };
}

function evolvingLoss(
  unet: UNetConfig,
  architecture: Architecture,
  blocks: readonly PlacedBlock[],
): LossBuilder {
  return (g, parameter, batch) => {
    const [noisy, target, timestep, context] = [
      batch['noisy'],
      batch['target'],
      batch['timestep'],
      batch['context'],
    ] as [Value, Value, Value, Value];
    const inputs = { sample: noisy, timestep, encoderHiddenStates: context };
    const gates = batch['gates'];
    const run = gates === undefined ? undefined : gatedBy(g, gates, blocks);
    const prediction = buildUNet(g, unet, architecture, graphParameters(parameter), inputs, run);
    return { loss: meanSquaredError(g, prediction, target) };
  };
}

/** Blocks that a step may leave out: all that are present, in robust training. */
const gatedBlocks = ({ mode, architecture }: TrainRequest): readonly PlacedBlock[] =>
  mode === 'robust' ? presentBlocks(architecture) : [];

function evolvingBatches(training: EvolvingTraining, request: TrainRequest): (step: number) => Tensors {
  const { batch, contexts, skip } = training;
  const blocks = gatedBlocks(request);
  const drawn = denoisingBatches({ ...training, seed: request.seed });
  const size = contexts.shape.reduce((product, extent) => product * extent, 1);
  return (step) => {
    const { noisy, target, timestep, tokens } = drawn(step) as Record<string, Tensors[string]> & Tensors;
    const context = new Float32Array(batch * size);
    Array.from(tokens?.data ?? [], Number).forEach((caption, i) => {
      context.set(contexts.values.subarray(caption * size, (caption + 1) * size), i * size);
    });
    return {
      ...{ noisy, target, timestep },
      context: float32Tensor([batch, ...contexts.shape], context),
      ...(blocks.length === 0 ? {} : { gates: drawGates(blocks, skip, request.seed, step) }),
    } as Tensors;
  };
}

/** What was trained, and of the rest what there was. */
function merge(before: TrainingState, after: TrainingState): TrainingState {
  return {
    parameter: new Map([...before.parameter, ...after.parameter]),
    moment1: new Map([...before.moment1, ...after.moment1]),
    moment2: new Map([...before.moment2, ...after.moment2]),
    average: new Map(),
  };
}

function largestDivisor(count: number, limit: number): number {
  for (let divisor = Math.min(count, limit); divisor > 1; divisor--) {
    if (count % divisor === 0) return divisor;
  }
  return 1;
}
