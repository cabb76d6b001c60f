import { describe, expect, it } from 'vitest';
import { freeValues, nestedGraphs } from '../../src/graph/free-values.js';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { nodeScope } from '../../src/graph/node-scope.js';
import * as op from '../../src/graph/ops.js';
import type { Value } from '../../src/graph/value.js';
import { verifyGraph } from '../../src/graph/verify-graph.js';

const float = (...shape: readonly number[]) => ({ dtype: 'float32', shape }) as const;

/** Names of all values and of all nodes of a graph and those nested in it. */
function namesIn(graph: Graph): { values: string[]; nodes: string[] } {
  const nested = graph.nodes.flatMap((node) => nestedGraphs(node).map(namesIn));
  return {
    values: [
      ...graph.inputs.map(({ name }) => name),
      ...graph.initializers.map(({ value }) => value.name),
      ...graph.nodes.flatMap(({ outputs }) => outputs.map(({ name }) => name)),
      ...nested.flatMap(({ values }) => values),
    ],
    nodes: [...graph.nodes.map(({ name }) => name), ...nested.flatMap(({ nodes }) => nodes)],
  };
}

/** A graph with branches in branches, all of whose parts make constants. */
function nestedGraph(): Graph {
  const g = new GraphBuilder();
  const x = g.input('x', float(2, 3));
  const condition = g.input('condition', { dtype: 'bool', shape: [] });
  const scaled = op.mul(g, x, 2);
  const [chosen] = op.branch(
    g,
    condition,
    (nested) => [op.add(nested, op.mul(nested, scaled, 3), nested.constant([3], Float32Array.of(1, 2, 3)))],
    (nested) => [
      op.branch(
        nested,
        condition,
        (inner) => [op.add(inner, scaled, 3)],
        () => [x],
      )[0] as Value,
    ],
  );
  return g.build('test', [chosen as Value]);
}

describe('names', () => {
  it('are unique over a graph and all graphs nested in it', () => {
    const { values, nodes } = namesIn(nestedGraph());
    expect(new Set(values).size).toBe(values.length);
    expect(new Set(nodes).size).toBe(nodes.length);
    expect(nodes.length).toBeGreaterThan(5);
  });

  it('of nodes begin with the innermost scope, which ends when what it spans is built', () => {
    const g = new GraphBuilder();
    const x = g.input('x', float(1));
    op.neg(g, x);
    g.scope('outer', () => {
      op.neg(g, x);
      g.scope('inner', () => op.neg(g, x));
      op.neg(g.nested(), x);
      op.neg(g, x);
    });
    expect(() =>
      g.scope('failing', () => {
        throw new Error('stop');
      }),
    ).toThrow('stop');
    op.neg(g, x);
    expect(g.nodes.map(nodeScope)).toEqual(['', 'outer', 'inner', 'outer', '']);
    expect(g.nodes.every(({ name, op: type }) => name.includes(`|${type}.`))).toBe(true);
  });

  it('of inputs are the caller’s own, and none is given twice', () => {
    const g = new GraphBuilder();
    expect(g.input('x', float(1)).name).toBe('x');
    expect(() => g.input('x', float(2))).toThrow(
      expect.objectContaining({ code: 'GRAPH_INVALID', where: 'x' }),
    );
  });
});

describe('constants', () => {
  it('of nested graphs stand in the outermost one', () => {
    const graph = nestedGraph();
    const [choice] = graph.nodes.filter((node) => node.op === 'If');
    expect(choice?.attributes.thenBranch.initializers).toEqual([]);
    expect(choice?.attributes.elseBranch.initializers).toEqual([]);
    const sizes = graph.initializers.map(({ value }) => value.shape);
    // 2, 3 (shared by both branches) and the vector
    expect(sizes).toEqual([[], [], [3]]);
    verifyGraph(graph);
  });

  it('that are equal scalars or fills are one, with their shape', () => {
    const g = new GraphBuilder();
    expect(g.scalar(0.5)).toBe(g.nested().scalar(0.5));
    expect(g.filled([2], 1)).toBe(g.filled([2], 1));
    expect(g.filled([2], 1)).not.toBe(g.filled([2, 1], 1));
    expect(g.filled([2], 1)).not.toBe(g.filled([2], 2));
    expect(g.build('test', []).initializers.map(({ data }) => [...(data as Float32Array)])).toEqual([
      [0.5],
      [1, 1],
      [1, 1],
      [2, 2],
    ]);
  });

  it('can be read while building; other values can not', () => {
    const g = new GraphBuilder();
    const constant = g.constantInt64([2], [4, -5]);
    expect(g.nested().constantData(constant)).toEqual(BigInt64Array.of(4n, -5n));
    expect(g.constantData(g.input('x', float(1)))).toBeUndefined();
    const outside = g.initializer('w', float(2), { location: 'w.safetensors', offset: 8, length: 8 });
    expect(g.constantData(outside)).toBeUndefined();
  });

  it('need as many elements as their shape has', () => {
    const g = new GraphBuilder();
    expect(() => g.constant([2, 2], new Float32Array(3))).toThrow('3 elements for shape [2, 2]');
  });
});

describe('free values', () => {
  it('of a branch are what it captures, in order of first use, also through a branch of its own', () => {
    const graph = nestedGraph();
    const choice = graph.nodes.find((node) => node.op === 'If');
    const names = (nested: Graph | undefined): string[] =>
      nested === undefined ? [] : freeValues(nested).map(({ name }) => name);
    const scaled = graph.nodes[0]?.outputs[0]?.name ?? '';
    expect(names(choice?.attributes.thenBranch)[0]).toBe(scaled);
    expect(names(choice?.attributes.elseBranch)).toEqual(expect.arrayContaining(['condition', scaled, 'x']));
    expect(freeValues(graph)).toEqual([]);
  });
});

describe('operations', () => {
  it('that do not fit their operands are refused, naming the node', () => {
    const g = new GraphBuilder();
    const x = g.input('x', float(2, 3));
    expect(() => g.scope('mid_block', () => op.matMul(g, x, x))).toThrow(
      expect.objectContaining({ code: 'GRAPH_INVALID', where: 'mid_block|MatMul.0', fault: 'internal' }),
    );
  });

  it('that would change nothing are left out: reshaping to the same shape, joining one part', () => {
    const g = new GraphBuilder();
    const x = g.input('x', float(2, 3));
    expect(op.reshape(g, x, [2, 3])).toBe(x);
    expect(op.concat(g, [x], 0)).toBe(x);
    expect(g.nodes).toHaveLength(0);
  });

  it('give every output of a branch a value of its own, made inside it', () => {
    const g = new GraphBuilder();
    const x = g.input('x', float(1));
    const graph = op.buildNested(g, 'branch', (nested) => {
      const y = op.neg(nested, x);
      return [x, y, y];
    });
    const made = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
    expect(graph.outputs.every((output) => made.has(output))).toBe(true);
    expect(new Set(graph.outputs).size).toBe(3);
  });

  it.each([
    [
      'channels that do not fall into groups',
      (g: GraphBuilder, x: Value) => op.groupNorm(g, x, 2, x, x, 1e-5),
    ],
    ['parts that are not equal', (g: GraphBuilder, x: Value) => op.chunk(g, x, 2, 1)],
    ['nothing to join', (g: GraphBuilder) => op.concat(g, [], 0)],
  ])('refuse %s', (_, build) => {
    const g = new GraphBuilder();
    expect(() => build(g, g.input('x', float(2, 3)))).toThrow(
      expect.objectContaining({ code: 'GRAPH_INVALID' }),
    );
  });
});

describe('extending a node', () => {
  it('appends outputs and keeps those it has; a node of another graph is refused', () => {
    const g = new GraphBuilder();
    const x = g.input('x', float(1));
    const condition = g.input('condition', { dtype: 'bool', shape: [] });
    const nested = () => op.buildNested(g, 'way', (way) => [op.neg(way, x)]);
    const [output] = g.addNode('If', [condition], { thenBranch: nested(), elseBranch: nested() });
    const node = g.nodes[0];
    if (node?.op !== 'If') throw new Error('no If');
    const wider = () => op.buildNested(g, 'way', (way) => [op.neg(way, x), op.exp(way, x)]);
    const added = g.extendNode(node, { thenBranch: wider(), elseBranch: wider() });
    expect(g.nodes[0]?.outputs).toEqual([output, ...added]);
    expect(added).toHaveLength(1);
    verifyGraph(g.build('test', [output as Value, ...added]));
    expect(() => g.extendNode(node, node.attributes)).toThrow('not of this graph');
  });
});

describe('group normalisations', () => {
  it('of equal groups share one constant of ones', () => {
    const g = new GraphBuilder();
    const [weight, bias] = [g.input('weight', float(4)), g.input('bias', float(4))];
    const norm = (x: Value): Value => op.groupNorm(g, x, 2, weight, bias, 1e-5);
    const graph = g.build('norms', [norm(norm(g.input('x', float(1, 4, 2, 2))))]);
    expect(graph.initializers.map(({ value }) => value.shape)).toEqual([[8]]);
  });
});
