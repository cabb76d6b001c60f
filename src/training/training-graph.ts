import { gradients, type GradientOptions } from '../autodiff/gradients.js';
import { GraphBuilder } from '../graph/graph-builder.js';
import { GraphError } from '../graph/graph-error.js';
import { buildNested } from '../graph/ops.js';
import * as op from '../graph/ops.js';
import type { Graph } from '../graph/graph.js';
import type { TensorType, Value } from '../graph/value.js';
import { adamW, clipByGlobalNorm, type AdamWSettings } from './adam-w.js';
import type { ParameterGroup } from './parameter-layout.js';

/** Builds the loss of one batch: a scalar, and further scalars to watch. */
export type LossBuilder = (
  g: GraphBuilder,
  parameter: (name: string) => Value,
  batch: Readonly<Record<string, Value>>,
) => { readonly loss: Value; readonly metrics?: Readonly<Record<string, Value>> };

/** What a training is made of. */
export interface TrainingSpec {
  readonly groups: readonly ParameterGroup[];
  /** Inputs of one step. */
  readonly batch: Readonly<Record<string, TensorType>>;
  readonly buildLoss: LossBuilder;
  readonly optimizer: AdamWSettings;
  readonly maxGradientNorm: number;
  /** Keeps an exponential moving average of the parameters. */
  readonly ema: boolean;
  /** Steps taken in one run of the graph, in an ONNX `Loop`: the state then stays in the runtime between them. */
  readonly stepsPerRun: number;
  readonly gradientOptions?: GradientOptions;
}

/** A training graph and how to talk to it. */
export interface TrainingGraph {
  readonly graph: Graph;
  /** Output to input: the state that goes from run to run. */
  readonly residents: Readonly<Record<string, string>>;
  /** Output names of the values reported per step, [stepsPerRun] each. */
  readonly reports: Readonly<Record<string, string>>;
}

/** Kinds of state, in the order of a group's inputs; the average only with `ema`. */
const stateKinds = ['parameter', 'moment1', 'moment2', 'average'] as const;
export type StateKind = (typeof stateKinds)[number];

/** Name of the graph's input for a group's state. */
export const stateName = (kind: StateKind, group: ParameterGroup): string => `${kind}:${group.name}`;

/** Numbers fed per step under {@link scheduleInput}: AdamW's three, then the average's decay. */
export const scheduleWidth = 4;
export const scheduleInput = 'schedule';

export const keptStates = (spec: Pick<TrainingSpec, 'ema'>): readonly StateKind[] =>
  stateKinds.filter((kind) => kind !== 'average' || spec.ema);

/** Forward, gradients, clipping and AdamW of `stepsPerRun` steps as one graph. Batch inputs get a first axis of steps. */
export function buildTrainingGraph(spec: TrainingSpec): TrainingGraph {
  const g = new GraphBuilder();
  const kinds = keptStates(spec);
  const states = spec.groups.flatMap((group) =>
    kinds.map((kind) => g.input(stateName(kind, group), { dtype: 'float32', shape: [group.length] })),
  );
  const schedule = g.input(scheduleInput, { dtype: 'float32', shape: [spec.stepsPerRun, scheduleWidth] });
  const batches = Object.entries(spec.batch).map(
    ([name, { dtype, shape }]) =>
      [name, g.input(name, { dtype, shape: [spec.stepsPerRun, ...shape] })] as const,
  );
  let reportNames: readonly string[] = [];
  const body = buildNested(g, 'step', (nested) => {
    const iteration = nested.input('iteration', { dtype: 'int64', shape: [] });
    const current = states.map(({ name, dtype, shape }) => nested.input(`${name}:now`, { dtype, shape }));
    const at = (value: Value): Value => op.gather(nested, value, iteration);
    const step = buildStep(
      nested,
      spec,
      current,
      at(schedule),
      Object.fromEntries(batches.map(([n, v]) => [n, at(v)])),
    );
    reportNames = Object.keys(step.reports);
    return [...step.states, ...Object.values(step.reports)];
  });
  const outputs = g.addNode('Loop', states, { trips: spec.stepsPerRun, body });
  return {
    graph: g.build('training', outputs),
    residents: Object.fromEntries(states.map((state, i) => [outputs[i]?.name ?? '', state.name])),
    reports: Object.fromEntries(reportNames.map((name, i) => [name, outputs[states.length + i]?.name ?? ''])),
  };
}

interface Step {
  readonly states: readonly Value[];
  readonly reports: Readonly<Record<string, Value>>;
}

function buildStep(
  g: GraphBuilder,
  spec: TrainingSpec,
  states: readonly Value[],
  schedule: Value,
  batch: Readonly<Record<string, Value>>,
): Step {
  const width = keptStates(spec).length;
  const flat = (group: number, kind: number): Value => valueAt(states, group * width + kind);
  const tensors = new Map(spec.groups.flatMap((group, i) => [...slices(g, group, flat(i, 0))]));
  const { loss, metrics = {} } = spec.buildLoss(g, (name) => namedTensor(tensors, name), batch);
  const found = gradients(g, new Map([[loss, g.scalar(1)]]), [...tensors.values()], spec.gradientOptions);
  const [decay, stepSize, deviationScale, averageDecay] = Array.from({ length: scheduleWidth }, (_, i) =>
    op.reshape(g, op.slice(g, schedule, 0, i, i + 1), []),
  ) as [Value, Value, Value, Value];
  return g.scope('optimizer', () => {
    const flatGradients = spec.groups.map((group) => flatGradient(g, group, tensors, found));
    const { norm, scale } = clipByGlobalNorm(g, flatGradients, spec.maxGradientNorm);
    const next = spec.groups.flatMap((_, i) => {
      const now = { parameter: flat(i, 0), moment1: flat(i, 1), moment2: flat(i, 2) };
      const times = { decay, stepSize, deviationScale };
      const { parameter, moment1, moment2 } = adamW(
        g,
        now,
        valueAt(flatGradients, i),
        scale,
        times,
        spec.optimizer,
      );
      const state = [parameter, moment1, moment2];
      return spec.ema ? [...state, average(g, flat(i, 3), parameter, averageDecay)] : state;
    });
    return { states: next, reports: { loss, gradientNorm: norm, ...metrics } };
  });
}

/** average + (1 - decay) (parameter - average) */
function average(g: GraphBuilder, kept: Value, parameter: Value, decay: Value): Value {
  return op.add(g, kept, op.mul(g, op.sub(g, parameter, kept), op.sub(g, 1, decay)));
}

function slices(g: GraphBuilder, group: ParameterGroup, flat: Value): [string, Value][] {
  return group.slots.map(({ name, shape, offset, length }) => [
    name,
    op.reshape(g, op.slice(g, flat, 0, offset, offset + length), shape),
  ]);
}

function flatGradient(
  g: GraphBuilder,
  group: ParameterGroup,
  tensors: ReadonlyMap<string, Value>,
  found: ReadonlyMap<Value, Value>,
): Value {
  const parts = group.slots.map(({ name, length }) => {
    const gradient = found.get(namedTensor(tensors, name));
    return gradient === undefined ? op.zeros(g, [length]) : op.reshape(g, gradient, [length]);
  });
  return op.concat(g, parts, 0);
}

function namedTensor(tensors: ReadonlyMap<string, Value>, name: string): Value {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new GraphError('the training has no such parameter', name);
  return tensor;
}

function valueAt(values: readonly Value[], index: number): Value {
  const value = values[index];
  if (value === undefined)
    throw new GraphError(`expected more than ${values.length} values`, `value ${index}`);
  return value;
}
