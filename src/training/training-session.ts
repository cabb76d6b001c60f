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

/** A training under way on a device: parameters and moments stay in its worker between runs. */
export class TrainingSession {
  readonly #session: RemoteSession;
  readonly #graph: TrainingGraph;
  readonly #spec: TrainingSpec;

  private constructor(session: RemoteSession, graph: TrainingGraph, spec: TrainingSpec) {
    this.#session = session;
    this.#graph = graph;
    this.#spec = spec;
  }

  static async create(host: DeviceHost, spec: TrainingSpec, state: TrainingState): Promise<TrainingSession> {
    const graph = buildTrainingGraph(spec);
    const session = await host.createSession(serializeModel(graph.graph), {
      residents: graph.residents,
      ...externalFolder(graph.graph),
      ...rewriting(host),
    });
    const training = new TrainingSession(session, graph, spec);
    try {
      await training.setState(state);
    } catch (error) {
      await training.release();
      throw error;
    }
    return training;
  }

  /** Weights kept in a smaller format are rounded to it, to nearest. */
  async setState(state: TrainingState): Promise<void> {
    const encoded = ({ kind, group }: GroupState): Tensor => {
      const flat = flatten(group, (tensor) => knownTensor(state[kind], tensor));
      const { tensorDtype, encode } = stateFormat(this.#spec, kind);
      return { dtype: tensorDtype, shape: group.shape, data: encode(flat) };
    };
    const set = (states: readonly GroupState[]): Promise<void> =>
      this.#session.setResidents(Object.fromEntries(states.map((each) => [each.name, encoded(each)])));
    for await (const _ of inOrder(this.#messages(), messagesAtATime, set));
  }

  async getState(): Promise<TrainingState> {
    const state = { parameter: new Map(), moment1: new Map(), moment2: new Map(), average: new Map() };
    const get = async (states: readonly GroupState[]): Promise<void> => {
      const vectors = await this.#session.getResidents(states.map(({ name }) => name));
      for (const { kind, group, name } of states) {
        const flat = stateFormat(this.#spec, kind).decode((vectors[name] as Tensor).data);
        for (const [tensor, data] of unflatten(group, flat)) state[kind].set(tensor, data);
      }
    };
    for await (const _ of inOrder(this.#messages(), messagesAtATime, get));
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
      const entries = Object.entries(this.#graph.reports).map(([name, output]) => [
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

  /** All that is kept on the device, in portions that are sent together. */
  #messages(): readonly (readonly GroupState[])[] {
    const { groups } = this.#spec;
    const states = groups.flatMap((group) =>
      keptStates(this.#spec).map((kind) => ({ kind, group, name: stateName(kind, group) })),
    );
    return portions(states, ({ group }) => group.length, messageLength);
  }
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
