import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import type { Graph, Node } from '../../src/graph/graph.js';
import * as op from '../../src/graph/ops.js';
import type { Value } from '../../src/graph/value.js';
import { verifyGraph } from '../../src/graph/verify-graph.js';

/** x -> -x -> If(condition, exp, sin) */
function soundGraph(): Graph {
  const g = new GraphBuilder();
  const x = g.input('x', { dtype: 'float32', shape: [2, 3] });
  const condition = g.input('condition', { dtype: 'bool', shape: [] });
  const negative = op.neg(g, x);
  const [chosen] = op.branch(
    g,
    condition,
    (nested) => [op.exp(nested, negative)],
    (nested) => [op.sin(nested, op.mul(nested, negative, 2))],
  );
  return g.build('sound', [chosen as Value]);
}

const withNodes = (graph: Graph, change: (nodes: Node[]) => Node[]): Graph => ({
  ...graph,
  nodes: change([...graph.nodes]),
});

/** The graph with its branch taken when the condition holds changed. */
const withThen = (graph: Graph, change: (branch: Graph) => Graph): Graph =>
  withNodes(graph, (nodes) =>
    nodes.map((node) =>
      node.op === 'If'
        ? { ...node, attributes: { ...node.attributes, thenBranch: change(node.attributes.thenBranch) } }
        : node,
    ),
  );

const innerOutputs = (graph: Graph): readonly Value[] =>
  graph.nodes.flatMap((node) => (node.op === 'If' ? node.attributes.thenBranch.outputs : []));

/** A node whose first output is another value. */
const withOutput = (node: Node, change: Partial<Value>): Node => {
  const [first, ...rest] = node.outputs;
  return { ...node, outputs: [{ ...(first as Value), ...change }, ...rest] };
};

describe('verifying a graph', () => {
  it('finds nothing wrong with a sound one', () => {
    expect(() => {
      verifyGraph(soundGraph());
    }).not.toThrow();
  });

  const sound = soundGraph();
  const stranger: Value = { name: 'stranger', dtype: 'float32', shape: [2, 3] };
  const defects: [string, Graph, string][] = [
    ['nodes out of order', withNodes(sound, (nodes) => nodes.reverse()), 'is used before it is made'],
    ['a node that is gone', withNodes(sound, (nodes) => nodes.slice(1)), 'is used before it is made'],
    ['an output nobody makes', { ...sound, outputs: [stranger] }, 'value stranger is used before it is made'],
    [
      'a branch that reads what nobody makes',
      withThen(sound, (branch) =>
        withNodes(branch, (nodes) => nodes.map((node) => ({ ...node, inputs: [stranger] }))),
      ),
      'value stranger is used before it is made',
    ],
    [
      'two inputs of one name',
      { ...sound, inputs: [...sound.inputs, { ...stranger, name: 'x' }] },
      'two values are named x',
    ],
    [
      'a constant named as an input',
      {
        ...sound,
        initializers: [
          ...sound.initializers,
          { value: { ...stranger, name: 'x' }, data: new Float32Array(6) },
        ],
      },
      'two values are named x',
    ],
    [
      'a value of a branch that is used outside it',
      { ...sound, outputs: innerOutputs(sound) },
      'before it is made',
    ],
    [
      'a value in a branch named as one outside',
      withThen(sound, (branch) => ({
        ...branch,
        nodes: [
          ...branch.nodes,
          {
            op: 'Neg',
            name: '|Neg',
            inputs: [stranger],
            outputs: [{ ...stranger, name: 'x' }],
            attributes: {},
          },
        ],
        inputs: [stranger],
      })),
      'two values are named x',
    ],
  ];

  it.each(defects)('finds %s', (_, graph, message) => {
    expect(() => {
      verifyGraph(graph);
    }).toThrow(message);
  });

  it.each([
    ['shape', { shape: [3, 2] }, 'output 0 is float32[3, 2]'],
    ['element type', { dtype: 'int64' }, 'output 0 is int64[2, 3]'],
  ] as const)(
    'finds an output of another %s than its operation gives, and names the node',
    (_, change, message) => {
      const g = new GraphBuilder();
      op.neg(g, g.input('x', { dtype: 'float32', shape: [2, 3] }));
      const graph = withNodes(g.build('wrong', []), (nodes) => nodes.map((node) => withOutput(node, change)));
      expect(() => {
        verifyGraph(graph);
      }).toThrow(expect.objectContaining({ code: 'GRAPH_INVALID', message, where: '|Neg.0' }));
    },
  );

  it('finds an output too many', () => {
    const g = new GraphBuilder();
    op.neg(g, g.input('x', { dtype: 'float32', shape: [2, 3] }));
    const graph = withNodes(g.build('wrong', []), (nodes) =>
      nodes.map((node) => ({ ...node, outputs: [...node.outputs, stranger] })),
    );
    expect(() => {
      verifyGraph(graph);
    }).toThrow('output 1 is float32[2, 3]');
  });

  it('finds a wrong type inside a branch', () => {
    const wrong = withThen(soundGraph(), (branch) => ({
      ...branch,
      nodes: branch.nodes.map((node) => withOutput(node, { shape: [6] })),
    }));
    expect(() => {
      verifyGraph(wrong);
    }).toThrow(expect.objectContaining({ code: 'GRAPH_INVALID' }));
  });

  it.each([
    ['number', (nested: GraphBuilder, x: Value) => [op.neg(nested, x), op.exp(nested, x)]],
    ['shape', (nested: GraphBuilder, x: Value) => [op.reduceSum(nested, x, [0])]],
    ['element type', (nested: GraphBuilder, x: Value) => [op.cast(nested, x, 'int64')]],
  ])('finds branches whose outputs differ in %s', (_, other) => {
    const g = new GraphBuilder();
    const x = g.input('x', { dtype: 'float32', shape: [2, 3] });
    const condition = g.input('condition', { dtype: 'bool', shape: [] });
    const way = (nested: GraphBuilder): readonly Value[] => [op.neg(nested, x)];
    expect(() => op.branch(g, condition, way, (nested) => other(nested, x))).toThrow(/output/);
    expect(op.branch(g, condition, way, way)).toHaveLength(1);
  });

  it.each([
    ['of another type', (x: Value): readonly Value[] => [{ ...x, shape: [6] }]],
    ['that are missing', (): readonly Value[] => []],
  ])('finds a loop whose body gives back states %s', (_, outputsOf) => {
    const g = new GraphBuilder();
    const state = g.input('state', { dtype: 'float32', shape: [2, 3] });
    const loop = (outputs: (x: Value) => readonly Value[]): readonly Value[] => {
      const body = g.nested();
      body.input('iteration', { dtype: 'int64', shape: [] });
      const now = body.input('now', { dtype: 'float32', shape: [2, 3] });
      return g.addNode('Loop', [state], { trips: 2, body: body.build('body', outputs(op.neg(body, now))) });
    };
    expect(() => loop(outputsOf)).toThrow(expect.objectContaining({ code: 'GRAPH_INVALID' }));
    expect(loop((x) => [x])).toHaveLength(1);
  });
});
