import { GraphBuilder } from '../graph/graph-builder.js';
import { GraphError } from '../graph/graph-error.js';
import { buildNested } from '../graph/ops.js';
import * as op from '../graph/ops.js';
import type { Graph } from '../graph/graph.js';
import type { TensorType, Value } from '../graph/value.js';
import { adamW, clipByGlobalNorm } from './adam-w.js';
import { batchGradients, type StepInputs } from './batch-gradients.js';
import type { ParameterGroup } from './parameter-layout.js';
import type { TrainingSpec } from './training-spec.js';
import { weightFormats, type WeightFormat } from './weight-format.js';
import { ditherLength, roundStochastically } from './stochastic-rounding.js';

/** A training graph and how to talk to it. */
export interface TrainingGraph {
  readonly graph: Graph;
  /** Output to input: the state that goes from run to run. */
  readonly residents: Readonly<Record<string, string>>;
  /** Output names of the values reported per step, [stepsPerRun] each. */
  readonly reports: Readonly<Record<string, string>>;
}

/** Kinds of state, in the order of a group's inputs; the average only with `ema`. */
export const stateKinds = ['parameter', 'moment1', 'moment2', 'average'] as const;
export type StateKind = (typeof stateKinds)[number];

/** Name of the graph's input for a group's state. */
export const stateName = (kind: StateKind, group: ParameterGroup): string => `${kind}:${group.name}`;

/** Numbers fed per step under {@link scheduleInput}: AdamW's three, then the average's decay. */
export const scheduleWidth = 4;
export const scheduleInput = 'schedule';

/** Numbers in [0, 1) fed per step, [stepsPerRun, ditherLength]: what weights kept in a smaller format are rounded by. */
export const ditherInput = 'dither';

export const keptStates = (spec: Pick<TrainingSpec, 'ema'>): readonly StateKind[] =>
  stateKinds.filter((kind) => kind !== 'average' || spec.ema);

/** Whether weights are rounded from step to step. */
export const isRounded = ({ weightDtype = 'float32' }: Pick<TrainingSpec, 'weightDtype'>): boolean =>
  weightDtype !== 'float32';

/** What a kind of state is kept in. */
export const stateFormat = (
  { weightDtype = 'float32' }: Pick<TrainingSpec, 'weightDtype'>,
  kind: StateKind,
): WeightFormat => weightFormats[kind === 'parameter' ? weightDtype : 'float32'];

/** Forward, gradients, clipping and AdamW of `stepsPerRun` steps as one graph. Batch inputs get a first axis of steps. */
export function buildTrainingGraph(spec: TrainingSpec): TrainingGraph {
  const g = new GraphBuilder();
  const states = spec.groups.flatMap((group) =>
    keptStates(spec).map((kind) =>
      g.input(stateName(kind, group), {
        dtype: stateFormat(spec, kind).tensorDtype,
        shape: group.shape,
      }),
    ),
  );
  const perStep = (types: Readonly<Record<string, TensorType>>): (readonly [string, Value])[] =>
    Object.entries(types).map(([name, { dtype, shape }]) => [
      name,
      g.input(name, { dtype, shape: [spec.stepsPerRun, ...shape] }),
    ]);
  const steering = perStep({
    [scheduleInput]: { dtype: 'float32', shape: [scheduleWidth] },
    ...(isRounded(spec) ? { [ditherInput]: { dtype: 'float32', shape: [ditherLength] } as const } : {}),
  });
  const batch = perStep(spec.batch);
  const shared = perStep(spec.shared ?? {});
  let reportNames: readonly string[] = [];
  const body = buildNested(g, 'step', (nested) => {
    const iteration = nested.input('iteration', { dtype: 'int64', shape: [] });
    const current = states.map(({ name, dtype, shape }) => nested.input(`${name}:now`, { dtype, shape }));
    const now = (inputs: readonly (readonly [string, Value])[]): Record<string, Value> =>
      Object.fromEntries(inputs.map(([name, value]) => [name, op.gather(nested, value, iteration)]));
    const step = buildStep(nested, spec, current, now(steering), {
      split: now(batch),
      shared: now(shared),
    });
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
  steering: Readonly<Record<string, Value>>,
  batch: StepInputs,
): Step {
  const width = keptStates(spec).length;
  const format = stateFormat(spec, 'parameter');
  const stateAt = (group: number, kind: number): Value => valueAt(states, group * width + kind);
  const tensors = new Map(spec.groups.flatMap((group, i) => [...tensorsOf(g, group, stateAt(i, 0), format)]));
  const { groupGradients, reports } = batchGradients(g, spec, tensors, batch);
  const [decay, stepSize, epsilon, averageDecay] = Array.from({ length: scheduleWidth }, (_, i) =>
    op.reshape(g, op.slice(g, steering[scheduleInput] as Value, 0, i, i + 1), []),
  ) as [Value, Value, Value, Value];
  return g.scope('optimizer', () => {
    const { norm, scale } = clipByGlobalNorm(g, groupGradients, spec.maxGradientNorm);
    const share = op.mul(g, scale, 1 - spec.optimizer.beta1);
    const next = spec.groups.flatMap((_, i) => {
      const now = {
        parameter: format.toFloat32(g, stateAt(i, 0)),
        moment1: stateAt(i, 1),
        moment2: stateAt(i, 2),
      };
      const times = { decay, stepSize, epsilon };
      const { parameter, moment1, moment2 } = adamW(
        g,
        now,
        valueAt(groupGradients, i),
        share,
        times,
        spec.optimizer,
      );
      const dither = steering[ditherInput];
      const kept = dither === undefined ? parameter : roundStochastically(g, parameter, dither, format);
      const state = [kept, moment1, moment2];
      return spec.ema ? [...state, average(g, stateAt(i, 3), parameter, averageDecay)] : state;
    });
    return { states: next, reports: { ...reports, gradientNorm: norm } };
  });
}

/** average + (1 - decay) (parameter - average) */
function average(g: GraphBuilder, kept: Value, parameter: Value, decay: Value): Value {
  return op.add(g, kept, op.mul(g, op.sub(g, parameter, kept), op.sub(g, 1, decay)));
}

/** A group's tensors by name, in float32. */
function tensorsOf(
  g: GraphBuilder,
  group: ParameterGroup,
  parameter: Value,
  format: WeightFormat,
): [string, Value][] {
  const [only, ...others] = group.slots;
  if (only !== undefined && others.length === 0) return [[only.name, format.toFloat32(g, parameter)]];
  return group.slots.map(({ name, shape, offset, length }) => [
    name,
    op.reshape(g, format.toFloat32(g, op.slice(g, parameter, 0, offset, offset + length)), shape),
  ]);
}

function valueAt(values: readonly Value[], index: number): Value {
  const value = values[index];
  if (value === undefined)
    throw new GraphError(`expected more than ${values.length} values`, `value ${index}`);
  return value;
}
