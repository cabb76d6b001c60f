import { describe, expect, it } from 'vitest';
import { nestedGraphs } from '../../src/graph/free-values.js';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import type { Graph } from '../../src/graph/graph.js';
import * as op from '../../src/graph/ops.js';
import { sinkInitializers } from '../../src/graph/sink-initializers.js';
import type { Value } from '../../src/graph/value.js';
import { verifyGraph } from '../../src/graph/verify-graph.js';
import { serializeModel } from '../../src/onnx/serialize-model.js';
import { parseDevice } from '../../src/runtime/device.js';
import { Session } from '../../src/runtime/session.js';
import { boolTensor, float32Tensor } from '../../src/runtime/tensor.js';

const pair = { dtype: 'float32', shape: [2] } as const;

/** Two `If`s that each have a constant of their own in either branch, a constant that both read, and one outside them. */
function gatedGraph(): Graph {
  const g = new GraphBuilder();
  const gate = g.input('gate', { dtype: 'bool', shape: [] });
  const constant = (name: string, value: number): Value =>
    g.initializer(name, pair, Float32Array.of(value, -value));
  const shared = constant('shared', 1);
  const gated = ['first', 'second'].reduce(
    (x, name, i) => {
      const [open, closed] = [constant(`${name} open`, 10 + i), constant(`${name} closed`, 20 + i)];
      const [y] = op.branch(
        g,
        gate,
        (nested) => [op.add(nested, op.add(nested, x, open), shared)],
        (nested) => [op.mul(nested, x, closed)],
      );
      return y as Value;
    },
    g.input('x', pair),
  );
  return g.build('gated', [op.add(g, gated, constant('outside', 5))]);
}

const namesOf = ({ initializers }: Graph): string[] => initializers.map(({ value }) => value.name);

async function outputsOf(graph: Graph): Promise<number[][]> {
  const session = await Session.create(serializeModel(graph), parseDevice('cpu', 1));
  const found: number[][] = [];
  for (const gate of [true, false]) {
    const feeds = { gate: boolTensor([], [gate]), x: float32Tensor([2], Float32Array.of(1, 2)) };
    const outputs = await session.run(feeds);
    found.push(Object.values(outputs).flatMap(({ data }) => Array.from(data as Float32Array)));
  }
  await session.release();
  return found;
}

describe('sunk constants', () => {
  const graph = gatedGraph();
  const sunk = sinkInitializers(graph);

  it('stand in the only branch that reads them', () => {
    const branches = sunk.nodes.flatMap(nestedGraphs).map(namesOf);
    expect(branches).toEqual([['first open'], ['first closed'], ['second open'], ['second closed']]);
  });

  it('stay outside where two branches or the graph itself read them', () => {
    expect(namesOf(sunk)).toEqual(['shared', 'outside']);
    verifyGraph(sunk);
  });

  it('change nothing about what is computed', async () => {
    const outputs = await outputsOf(sunk);
    expect(outputs).toEqual([
      [29, -26],
      [425, 835],
    ]);
    expect(outputs).toEqual(await outputsOf(graph));
  });

  it('are in memory: those in a file are found from the outermost graph alone', () => {
    const g = new GraphBuilder();
    const gate = g.input('gate', { dtype: 'bool', shape: [] });
    const x = g.input('x', pair);
    const stored = g.initializer('stored', pair, { location: 'weights', offset: 0, length: 8 });
    const outputs = op.branch(
      g,
      gate,
      (nested) => [op.mul(nested, x, stored)],
      () => [x],
    );
    expect(namesOf(sinkInitializers(g.build('stored', outputs)))).toEqual(['stored']);
  });
});
