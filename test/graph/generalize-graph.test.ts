import { describe, expect, it } from 'vitest';
import { generalizeGraph } from '../../src/graph/generalize-graph.js';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { reshape, slice, transpose } from '../../src/graph/ops.js';
import type { Value } from '../../src/graph/value.js';

const axes = { batch: { example: 2, other: 3 }, height: { example: 4, other: 7 } };

function generalized(build: (g: GraphBuilder, x: Value) => Value): Graph {
  return generalizeGraph(({ batch = 0, height = 0 }) => {
    const g = new GraphBuilder();
    const x = g.input('x', { dtype: 'float32', shape: [batch, height, 5] });
    return g.build('test', [build(g, x)]);
  }, axes);
}

const rows = (value: Value, axis: number): number => value.shape[axis] ?? 0;

describe('generalizeGraph', () => {
  it('lets a reshape keep or find what varies', () => {
    const {
      nodes,
      outputs,
      axes: names,
    } = generalized((g, x) => reshape(g, x, [rows(x, 0), rows(x, 1) * 5]));
    expect(nodes.map(({ op, attributes }) => [op, 'target' in attributes && attributes.target])).toEqual([
      ['Reshape', [0, -1]],
    ]);
    expect(outputs.map((output) => names?.get(output))).toEqual([['batch', 'height * 5']]);
  });

  it('computes a shape where ONNX could not tell it', () => {
    const { nodes } = generalized((g, x) => {
      const turned = transpose(g, x, [2, 1, 0]);
      return reshape(g, turned, [rows(x, 0), 5, rows(x, 1)]);
    });
    expect(nodes.map(({ op }) => op)).toEqual(['Transpose', 'Shape', 'Shape', 'Concat', 'Reshape']);
  });

  it('says which node depends on sizes in a way it can’t express', () => {
    expect(() => generalized((g, x) => slice(g, x, 1, 0, rows(x, 1) - 1))).toThrow('is no product');
    const padded = (g: GraphBuilder, x: Value): Value =>
      g.add('Pad', [x], { pads: [0, 0, 0, rows(x, 0), 0, 0], value: 0 });
    expect(() => generalized(padded)).toThrow(/no product|depends on sizes/);
  });

  it('refuses builds that differ in more than sizes', () => {
    const fickle = (g: GraphBuilder, x: Value): Value =>
      rows(x, 0) === 3 ? transpose(g, transpose(g, x, [0, 1, 2]), [0, 1, 2]) : transpose(g, x, [0, 1, 2]);
    expect(() => generalized(fickle)).toThrow('other sizes give other nodes');
  });
});
