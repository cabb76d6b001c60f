import { gradients } from '../autodiff/gradients.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import { GraphError } from '../graph/graph-error.js';
import * as op from '../graph/ops.js';
import { buildNested } from '../graph/ops.js';
import { elementCount, type Value } from '../graph/value.js';
import type { ParameterGroup } from './parameter-layout.js';
import type { TrainingSpec } from './training-spec.js';

/** What a step reads beside its state. */
export interface StepInputs {
  /** With the batch's items along the first axis. */
  readonly split: Readonly<Record<string, Value>>;
  /** The same for all items. */
  readonly shared: Readonly<Record<string, Value>>;
}

/** What a batch gives. */
interface BatchGradients {
  /** Gradients of the mean loss, one a group, of its shape. */
  readonly groupGradients: readonly Value[];
  /** Scalars: `loss` and the loss builder's metrics. */
  readonly reports: Readonly<Record<string, Value>>;
}

/**
 * Appends loss and gradients of a batch, whole or in the spec's `accumulation` parts: an ONNX `Loop` over them that carries the sums of gradients.
 * @param tensors the parameters by name, float32
 * @throws GraphError when the batch can't be cut in so many equal parts
 */
export function batchGradients(
  g: GraphBuilder,
  spec: TrainingSpec,
  tensors: ReadonlyMap<string, Value>,
  inputs: StepInputs,
): BatchGradients {
  const { accumulation: parts = 1 } = spec;
  if (parts === 1) return partGradients(g, spec, tensors, { ...inputs.split, ...inputs.shared }, 1);
  const split = Object.entries(inputs.split).map(
    ([name, value]) => [name, cutFirstAxis(g, name, value, parts)] as const,
  );
  let reportNames: readonly string[] = [];
  const body = buildNested(g, 'part', (nested) => {
    const index = nested.input('part', { dtype: 'int64', shape: [] });
    const sums = spec.groups.map(({ name, shape }) =>
      nested.input(`gradient:${name}:sum`, { dtype: 'float32', shape }),
    );
    const items = Object.fromEntries(split.map(([name, value]) => [name, op.gather(nested, value, index)]));
    const found = partGradients(nested, spec, tensors, { ...items, ...inputs.shared }, 1 / parts);
    reportNames = Object.keys(found.reports);
    const added = found.groupGradients.map((gradient, i) => op.add(nested, sums[i] as Value, gradient));
    return [...added, ...Object.values(found.reports)];
  });
  const nothing = spec.groups.map(({ shape }) => op.zeros(g, shape));
  const outputs = g.addNode('Loop', nothing, { trips: parts, body });
  const reports = reportNames.map(
    (name, i) => [name, op.reduceMean(g, outputs[nothing.length + i] as Value, [0])] as const,
  );
  return { groupGradients: outputs.slice(0, nothing.length), reports: Object.fromEntries(reports) };
}

/** @param share of the whole loss that these items' mean loss is */
function partGradients(
  g: GraphBuilder,
  spec: TrainingSpec,
  tensors: ReadonlyMap<string, Value>,
  inputs: Readonly<Record<string, Value>>,
  share: number,
): BatchGradients {
  const { loss, metrics = {}, terms } = spec.buildLoss(g, (name) => namedTensor(tensors, name), inputs);
  const seeds =
    terms === undefined
      ? new Map([[loss, g.scalar(share)]])
      : new Map(Array.from(terms, ([term, weight]) => [term, op.mul(g, weight, share)] as const));
  const found = gradients(g, seeds, [...tensors.values()], spec.gradientOptions);
  const groupGradients = spec.groups.map((group) => groupGradient(g, group, tensors, found));
  return { groupGradients, reports: { loss, ...metrics } };
}

/** [items, ...] as [parts, items / parts, ...] */
function cutFirstAxis(g: GraphBuilder, name: string, value: Value, parts: number): Value {
  const [items = 0, ...rest] = value.shape;
  if (items % parts !== 0) throw new GraphError(`${items} items can't be cut in ${parts} equal parts`, name);
  return op.reshape(g, value, [parts, items / parts, ...rest]);
}

function groupGradient(
  g: GraphBuilder,
  group: ParameterGroup,
  tensors: ReadonlyMap<string, Value>,
  found: ReadonlyMap<Value, Value>,
): Value {
  const parts = group.slots.map(
    ({ name, shape }) => found.get(namedTensor(tensors, name)) ?? op.zeros(g, shape),
  );
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0) return only;
  return op.concat(
    g,
    parts.map((part) => op.reshape(g, part, [elementCount(part.shape)])),
    0,
  );
}

function namedTensor(tensors: ReadonlyMap<string, Value>, name: string): Value {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new GraphError('the training has no such parameter', name);
  return tensor;
}
