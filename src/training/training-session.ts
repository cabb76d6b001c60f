import { setImmediate } from 'node:timers/promises';
import { portions } from '../data/portions.js';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { externalFolder } from '../graph/external-folder.js';
import { serializeModel } from '../onnx/serialize-model.js';
import type { DeviceHost, RemoteSession } from '../runtime/device-host.js';
import { inOrder } from '../runtime/in-order.js';
import type { SessionSettings } from '../runtime/session-options.js';
import { float32Tensor, type Tensor, type Tensors } from '../runtime/tensor.js';
import { adamWScheduleAt } from './adam-w.js';
import { drawUniform } from './batch-draws.js';
import { flatten, unflatten, type ParameterGroup } from './parameter-layout.js';
import { incompleteState } from './incomplete-state.js';
import {
  buildTrainingGraph,
  ditherInput,
  isRounded,
  keptStates,
  scheduleInput,
  scheduleWidth,
  stateFormat,
  stateName,
  type StateKind,
  type TrainingGraph,
} from './training-graph.js';
import type { TrainingSpec } from './training-spec.js';
import { ditherLength } from './stochastic-rounding.js';

/** Everything a training goes on from: tensors by name, for each kind of state. */
export type TrainingState = Readonly<Record<StateKind, ReadonlyMap<string, Float32Array>>>;

/** What one step reported: the loss, the gradient's norm before clipping, and the loss builder's metrics. */
export type StepReport = Readonly<Record<string, number>> & { readonly loss: number };

/** The first state of a training that starts from given weights: moments at zero, the average at the weights. */
export function initialState(weights: ReadonlyMap<string, Float32Array>): TrainingState {
  const zeros = new Map([...weights].map(([name, data]) => [name, new Float32Array(data.length)]));
  return { parameter: weights, moment1: zeros, moment2: zeros, average: weights };
}

/** Residents' elements in a message, which holds one resident at least. */
const messageLength = 2 ** 20;

/** Messages on their way to the device or back. */
const messagesAtATime = 2;

/** A kind of state of a group of parameters, and the resident that it is kept in. */
interface GroupState {
  readonly kind: StateKind;
  readonly group: ParameterGroup;
  readonly name: string;
}

/** What a device is given of a training. */
export interface TrainingModel extends Pick<TrainingGraph, 'residents' | 'reports'> {
  readonly spec: TrainingSpec;
  /** Of an ONNX model. */
  readonly bytes: Uint8Array;
  /** Where the model's external data are, if it has any. */
  readonly folder?: string;
}

/** Made in pieces, between which the thread can attend to the device. */
export async function makeTrainingModel(spec: TrainingSpec): Promise<TrainingModel> {
  await setImmediate();
  const { graph, residents, reports } = buildTrainingGraph(spec);
  await setImmediate();
  return { spec, residents, reports, bytes: serializeModel(graph), ...externalFolder(graph) };
}

/** A training under way on a device: parameters and moments stay in its worker between runs. */
export class TrainingSession {
  readonly #session: RemoteSession;
  readonly #reports: TrainingModel['reports'];
  readonly #spec: TrainingSpec;

  private constructor(session: RemoteSession, { reports, spec }: TrainingModel) {
    this.#session = session;
    this.#reports = reports;
    this.#spec = spec;
  }

  static async create(host: DeviceHost, spec: TrainingSpec, state: TrainingState): Promise<TrainingSession> {
    return TrainingSession.load(host, await makeTrainingModel(spec), state);
  }

  /**
   * The state is read while the device loads the model, no further once that has failed.
   * @param model is handed over: it can't be loaded again
   */
  static async load(host: DeviceHost, model: TrainingModel, state: TrainingState): Promise<TrainingSession> {
    const { bytes, residents, folder } = model;
    const loading = host.createSession(bytes, {
      residents,
      ...(folder === undefined ? {} : { folder }),
      ...rewriting(host),
    });
    const failure = new AbortController();
    loading.catch((error: unknown) => {
      failure.abort(error);
    });
    try {
      const messages: Tensors[] = [];
      for (const states of messagesOf(model.spec)) {
        messages.push(residentsOf(model.spec, states, state));
        await setImmediate();
        failure.signal.throwIfAborted();
      }
      const session = await loading;
      const set = (tensors: Tensors): Promise<void> => session.setResidents(tensors);
      for await (const _ of inOrder(messages, messagesAtATime, set));
      return new TrainingSession(session, model);
    } catch (error) {
      await loading.then((session) => session.release());
      throw error;
    }
  }

  /** Weights kept in a smaller format are rounded to it, to nearest. */
  async setState(state: TrainingState): Promise<void> {
    const set = (states: readonly GroupState[]): Promise<void> =>
      this.#session.setResidents(residentsOf(this.#spec, states, state));
    for await (const _ of inOrder(messagesOf(this.#spec), messagesAtATime, set));
  }

  async getState(): Promise<TrainingState> {
    const state = { parameter: new Map(), moment1: new Map(), moment2: new Map(), average: new Map() };
    const get = async (states: readonly GroupState[]): Promise<void> => {
      const residents = await this.#session.getResidents(states.map(({ name }) => name));
      for (const { kind, group, name } of states) {
        const elements = stateFormat(this.#spec, kind).decode((residents[name] as Tensor).data);
        for (const [tensor, data] of unflatten(group, elements)) state[kind].set(tensor, data);
      }
    };
    for await (const _ of inOrder(messagesOf(this.#spec), messagesAtATime, get));
    return state;
  }

  /**
   * Takes `stepsPerRun` steps, the first of them number `firstStep` (from 1).
   * @param batches inputs with a first axis of steps
   * @param learningRateAt the schedule, by step
   * @param averageDecayAt decay of the moving average, by step
   * @throws SnapEvoError `TRAINING_DIVERGED` at a step whose loss or gradient is no finite number: the state is spoilt then
   */
  async run(
    firstStep: number,
    batches: Tensors,
    learningRateAt: (step: number) => number,
    averageDecayAt: (step: number) => number = () => 0,
  ): Promise<StepReport[]> {
    const { stepsPerRun, optimizer } = this.#spec;
    const rows = Array.from({ length: stepsPerRun }, (_, i) => firstStep + i).flatMap((step) => [
      ...adamWScheduleAt(step, learningRateAt(step), optimizer),
      averageDecayAt(step),
    ]);
    const schedule = float32Tensor([stepsPerRun, scheduleWidth], Float32Array.from(rows));
    const dither = isRounded(this.#spec) ? { [ditherInput]: ditherOf(firstStep, stepsPerRun) } : {};
    const outputs = await this.#session.run({ ...batches, ...dither, [scheduleInput]: schedule });
    const reports = Array.from({ length: stepsPerRun }, (_, i) => {
      const entries = Object.entries(this.#reports).map(([name, output]) => [
        name,
        Number(outputs[output]?.data[i]),
      ]);
      return Object.fromEntries(entries) as StepReport;
    });
    requireFinite(reports, firstStep);
    return reports;
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

/** All that is kept on the device, in portions that are sent together. */
function messagesOf(spec: TrainingSpec): readonly (readonly GroupState[])[] {
  const states = spec.groups.flatMap((group) =>
    keptStates(spec).map((kind) => ({ kind, group, name: stateName(kind, group) })),
  );
  return portions(states, ({ group }) => group.length, messageLength);
}

/** Of a state, what is sent in one message. */
function residentsOf(spec: TrainingSpec, states: readonly GroupState[], state: TrainingState): Tensors {
  const encoded = ({ kind, group }: GroupState): Tensor => {
    const elements = flatten(group, (tensor) => knownTensor(state[kind], tensor));
    const { tensorDtype, encode } = stateFormat(spec, kind);
    return { dtype: tensorDtype, shape: group.shape, data: encode(elements) };
  };
  return Object.fromEntries(states.map((each) => [each.name, encoded(each)]));
}

/**
 * On the CPU a training graph gains nothing by being rewritten, which takes half of the seconds that loading it does. Of other providers nobody
 * has measured that.
 */
const rewriting = ({ device }: DeviceHost): SessionSettings =>
  device.provider === 'cpu' ? { optimization: 'disabled' } : {};

/** What the weights of each step are rounded by: it depends on the step alone. */
function ditherOf(firstStep: number, steps: number): Tensor {
  const rows = Array.from({ length: steps }, (_, i) =>
    drawUniform(0, firstStep + i, 'rounding', ditherLength),
  );
  return float32Tensor([steps, ditherLength], Float32Array.from(rows.flatMap((row) => [...row])));
}

function knownTensor(tensors: ReadonlyMap<string, Float32Array>, name: string): Float32Array {
  const data = tensors.get(name);
  if (data === undefined) throw incompleteState(name);
  return data;
}

function requireFinite(reports: readonly StepReport[], firstStep: number): void {
  const at = reports.findIndex((report) => !Object.values(report).every(Number.isFinite));
  if (at < 0) return;
  const found = Object.entries(reports[at] ?? {}).map(([name, value]) => `${name} ${value}`);
  throw new SnapEvoError({
    code: 'TRAINING_DIVERGED',
    message: `expected finite numbers, found ${found.join(', ')}`,
    where: `training step ${firstStep + at}`,
    hint: 'a run that is resumed comes to the same: start one with a lower learning rate, or a longer warm-up',
  });
}
