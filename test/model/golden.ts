import { expect } from 'vitest';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import type { Value } from '../../src/graph/value.js';
import { verifyGraph } from '../../src/graph/verify-graph.js';
import { serializeModel } from '../../src/onnx/serialize-model.js';
import { openSafetensors } from '../../src/onnx/safetensors.js';
import { parseDevice } from '../../src/runtime/device.js';
import { Session } from '../../src/runtime/session.js';
import type { Tensor, Tensors } from '../../src/runtime/tensor.js';
import { goldenFolder } from './golden-folder.js';

/** What went into a model and what diffusers or transformers made of it. */
export function readGolden(name: string): Record<string, Tensor> {
  const file = openSafetensors(`${goldenFolder(name)}/golden.safetensors`);
  return Object.fromEntries(
    [...file.tensors].map(([tensor, { dtype, shape }]) => [
      tensor,
      dtype === 'I64'
        ? { dtype: 'int64', shape, data: new BigInt64Array(file.readRaw(tensor).slice().buffer) }
        : { dtype: 'float32', shape, data: file.read(tensor) },
    ]),
  );
}

/** A tensor that has to be there. */
export function tensorNamed(tensors: Tensors, name: string): Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`no tensor named ${name}`);
  return tensor;
}

/** The named ones of several tensors. */
export function pick(tensors: Tensors, ...names: readonly string[]): Tensors {
  return Object.fromEntries(names.map((name) => [name, tensorNamed(tensors, name)]));
}

/** Builds a graph that reads the feeds, checks it, and runs it on the CPU. */
export async function runGraph(
  feeds: Tensors,
  build: (g: GraphBuilder, input: (name: string) => Value) => Readonly<Record<string, Value>>,
): Promise<Record<string, Tensor>> {
  const g = new GraphBuilder();
  const inputs = new Map(
    Object.entries(feeds).map(([name, { dtype, shape }]) => [name, g.input(name, { dtype, shape })]),
  );
  const outputs = build(g, (name) => inputs.get(name) ?? g.scalar(Number.NaN));
  const graph = g.build('test', Object.values(outputs));
  verifyGraph(graph);
  const session = await Session.create(serializeModel(graph), parseDevice('cpu', 1));
  try {
    const results = await session.run(
      feeds,
      Object.values(outputs).map(({ name }) => name),
    );
    return Object.fromEntries(
      Object.entries(outputs).map(([name, value]) => [name, tensorNamed(results, value.name)]),
    );
  } finally {
    await session.release();
  }
}

/** Largest absolute difference of two tensors of the same shape. */
export function largestDifference(actual: Tensor, expected: Tensor): number {
  expect(actual.shape).toEqual(expected.shape);
  const found = Array.from(actual.data, Number);
  const differences = Array.from(expected.data, Number).map((value, i) =>
    Math.abs(value - (found[i] ?? Number.NaN)),
  );
  return differences.reduce((worst, each) => (each <= worst ? worst : each), 0);
}
