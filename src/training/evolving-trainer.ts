import { setImmediate } from 'node:timers/promises';
import { hashArchitecture } from '../architecture/canonical-form.js';
import { presentBlocks, type Architecture, type PlacedBlock } from '../architecture/architecture.js';
import { createNoiseSchedule } from '../diffusion/noise-schedule.js';
import type { SchedulerConfig } from '../diffusion/scheduler-config.js';
import type { Value } from '../graph/value.js';
import { LazyWeights } from '../model/lazy-weights.js';
import type { UNetConfig } from '../model/unet-config.js';
import { buildUNet, unetParameters } from '../model/unet.js';
import type { DeviceHost } from '../runtime/device-host.js';
import { float32Tensor, type Tensor, type Tensors } from '../runtime/tensor.js';
import type { Trainer, TrainRequest, TrainResult } from '../search/ports.js';
import { adamWDefaults } from './adam-w.js';
import { everyParameter, stateOfArchitecture } from './architecture-state.js';
import { drawDenoising, noisyBatch } from './denoising-batches.js';
import { inOrder } from '../runtime/in-order.js';
import { encodedDraws, type EncodedItems } from './encoded-items.js';
import { graphParameters } from './graph-parameters.js';
import { cosineLearningRate } from './learning-rate.js';
import { meanSquaredError } from './losses.js';
import { layOutBlocks } from './parameter-layout.js';
import { drawGates, gatedBy, openGates, type SkipSettings } from './skip-draws.js';
import { stackTensors } from './train-stage.js';
import type { TrainingCheckpoints } from './training-checkpoint.js';
import type { StateKind } from './training-graph.js';
import type { TrainingMemory } from './training-memory.js';
import type { LossBuilder, TrainingSpec } from './training-spec.js';
import {
  makeTrainingModel,
  TrainingSession,
  type StepReport,
  type TrainingModel,
  type TrainingState,
} from './training-session.js';

/** How an evolving network is trained between actions. */
export interface EvolvingTraining extends TrainingMemory {
  readonly unet: UNetConfig;
  readonly scheduler: SchedulerConfig;
  readonly items: EncodedItems;
  /** Share of captions left empty, for classifier-free guidance. */
  readonly emptyCaptionShare: number;
  /** Pictures trained on at a time. */
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

/** Inputs of a run. */
interface RunBatches {
  /** Number of its first step, from 1. */
  readonly first: number;
  /** With a first axis of steps. */
  readonly batches: Tensors;
}

interface OpenSession {
  readonly key: string;
  readonly session: TrainingSession;
  /** Reference of the state that the session holds; none while it trains, and after it failed to. */
  holds: string | undefined;
}

/** What a training is loaded from, made before it is asked for. */
interface PreparedModel {
  readonly key: string;
  readonly model: Promise<TrainingModel>;
}

/**
 * The search's trainer: robust training, in which every present block is skipped at random, and fine-tuning without
 * skipping. A request's result depends on the request alone; the session of one is kept for the next until their stretch is over, when its
 * memory is for others.
 */
export class EvolvingTrainer implements Trainer {
  readonly #host: DeviceHost;
  readonly #training: EvolvingTraining;
  readonly #checkpoints: TrainingCheckpoints;
  readonly #onSteps: StepListener;
  #open: OpenSession | undefined;
  #prepared: PreparedModel | undefined;

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
    // pictures are read while the session is opened, and those of the next run while the device trains
    const runs = this.#runs(request);
    const open = await this.#openFor(request, state);
    open.holds = undefined;
    const losses = await this.#steps(request, open.session, runs);
    const trained = merge(state, await open.session.getState());
    // the device frees the session while the state is written
    const closing = endsStretch(request) ? this.close() : Promise.resolve();
    // whoever waits for it is told
    closing.catch(() => undefined);
    const shapes = new Map(specs.map(({ name, shape }) => [name, shape]));
    const weights = this.#checkpoints.save(trained, (name) => shapes.get(name) ?? []);
    open.holds = weights;
    await closing;
    return { weights, loss: losses.reduce((sum, loss) => sum + loss, 0) / Math.max(1, losses.length) };
  }

  prepare(request: TrainRequest): void {
    // the device is given its work first
    const model = setImmediate().then(() => makeTrainingModel(this.#specOf(request)));
    // whoever trains is told
    model.catch(() => undefined);
    this.#prepared = { key: this.#keyOf(request), model };
  }

  /** Frees the session. */
  async close(): Promise<void> {
    await this.#open?.session.release();
    this.#open = undefined;
  }

  async #openFor(request: TrainRequest, state: TrainingState): Promise<OpenSession> {
    const key = this.#keyOf(request);
    if (this.#open?.key === key) {
      if (this.#open.holds !== request.weights) await this.#open.session.setState(state);
      return this.#open;
    }
    await this.close();
    const prepared = this.#prepared;
    this.#prepared = undefined;
    const isPrepared = prepared?.key === key;
    const model = await (isPrepared ? prepared.model : makeTrainingModel(this.#specOf(request)));
    const session = await TrainingSession.load(this.#host, model, state);
    this.#open = { key, session, holds: request.weights };
    return this.#open;
  }

  /** Inputs of all runs, in order. */
  #runs(request: TrainRequest): AsyncIterable<RunBatches> {
    const { fromStep, steps } = request;
    const stepsPerRun = this.#stepsPerRun(request);
    const batchesAt = evolvingBatches(this.#training, request);
    const firsts = Array.from({ length: steps / stepsPerRun }, (_, run) => fromStep + run * stepsPerRun + 1);
    return inOrder(firsts, 1, async (first) => {
      const ofRun = Array.from({ length: stepsPerRun }, (_, i) => first + i);
      return { first, batches: stackTensors(await batchesAt(ofRun)) };
    });
  }

  async #steps(
    request: TrainRequest,
    session: TrainingSession,
    runs: AsyncIterable<RunBatches>,
  ): Promise<number[]> {
    const rateAt = learningRateOf(this.#training, request);
    const losses: number[] = [];
    for await (const { first, batches } of runs) {
      const reports = await session.run(first, batches, rateAt);
      this.#onSteps(request.mode, first, reports, rateAt);
      losses.push(...reports.map(({ loss }) => loss));
    }
    return losses;
  }

  /** Of all that the graph depends on. */
  #keyOf(request: TrainRequest): string {
    return `${request.mode}:${hashArchitecture(request.architecture)}:${this.#stepsPerRun(request)}`;
  }

  #specOf(request: TrainRequest): TrainingSpec {
    return evolvingSpec(this.#training, request, this.#stepsPerRun(request));
  }

  #stepsPerRun({ steps }: TrainRequest): number {
    return largestDivisor(steps, this.#training.stepsPerRun);
  }
}

/** Whether training makes way for other work after a request. */
const endsStretch = ({ fromStep, steps, stretch }: TrainRequest): boolean =>
  fromStep + steps >= stretch.fromStep + stretch.steps;

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

/** Pictures of a step. */
const pictureCount = ({ batch, accumulation }: EvolvingTraining): number => batch * accumulation;

function evolvingSpec(training: EvolvingTraining, request: TrainRequest, stepsPerRun: number): TrainingSpec {
  const { unet, items, weightDecay, maxGradientNorm } = training;
  const { accumulation, activations, weightDtype } = training;
  const count = pictureCount(training);
  const latents = { dtype: 'float32', shape: [count, ...items.latentShape] } as const;
  const blocks = gatedBlocks(training, request);
  const specs = unetParameters(unet, request.architecture);
  return {
    groups: layOutBlocks(specs),
    batch: {
      noisy: latents,
      target: latents,
      timestep: { dtype: 'float32', shape: [count] },
      context: { dtype: 'float32', shape: [count, ...items.contextShape] },
    },
    shared: blocks.length === 0 ? {} : { gates: { dtype: 'bool', shape: [blocks.length] } },
    buildLoss: evolvingLoss(unet, request.architecture, blocks),
    optimizer: { ...adamWDefaults, weightDecay },
    maxGradientNorm,
    ema: false,
    stepsPerRun,
    accumulation,
    weightDtype,
    gradientOptions: { activations: () => activations },
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

/**
 * Blocks that run in an `If` of their own, each on its gate: all that are present, where a step may leave them out or they are to be computed
 * again on the way back.
 */
const gatedBlocks = (
  { activations }: EvolvingTraining,
  { mode, architecture }: TrainRequest,
): readonly PlacedBlock[] =>
  mode === 'robust' || activations === 'recompute' ? presentBlocks(architecture) : [];

/** Inputs of steps: what is drawn depends on the request's seed and the step alone. */
function evolvingBatches(
  training: EvolvingTraining,
  request: TrainRequest,
): (steps: readonly number[]) => Promise<Tensors[]> {
  const { items, scheduler, skip } = training;
  const { seed } = request;
  const batch = pictureCount(training);
  const blocks = gatedBlocks(training, request);
  const gatesAt = (step: number): Tensor =>
    request.mode === 'robust' ? drawGates(blocks, skip, seed, step) : openGates(blocks);
  const schedule = createNoiseSchedule(scheduler);
  const { trainTimesteps } = schedule;
  const drawAt = drawDenoising(items.drawnFrom, { ...training, seed, batch, trainTimesteps });
  const noise = { schedule, predictionType: scheduler.predictionType };
  return async (steps) => {
    const draws = steps.map(drawAt);
    const encoded = await encodedDraws(items, draws);
    return encoded.map(({ latents, context }, i) => {
      const [step, timesteps] = [steps[i] ?? 0, draws[i]?.timesteps ?? []];
      return {
        ...noisyBatch(noise, latents, items.latentShape, timesteps, { seed, step }),
        context: float32Tensor([batch, ...items.contextShape], context),
        ...(blocks.length === 0 ? {} : { gates: gatesAt(step) }),
      };
    });
  };
}

/** What was trained, and of the rest what there was, which stays where it is. */
function merge(before: TrainingState, after: TrainingState): TrainingState {
  const either = (kind: StateKind): LazyWeights => {
    const [old, trained] = [before[kind], after[kind]];
    const names = new Set([...old.keys(), ...trained.keys()]);
    const find = (name: string): Float32Array => trained.get(name) ?? old.get(name) ?? new Float32Array();
    return new LazyWeights(new Map(Array.from(names, (name) => [name, () => find(name)] as const)));
  };
  const [parameter, moment1, moment2] = [either('parameter'), either('moment1'), either('moment2')];
  return { parameter, moment1, moment2, average: new Map() };
}

function largestDivisor(count: number, limit: number): number {
  for (let divisor = Math.min(count, limit); divisor > 1; divisor--) {
    if (count % divisor === 0) return divisor;
  }
  return 1;
}
