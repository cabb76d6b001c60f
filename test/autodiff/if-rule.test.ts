import { describe, expect, it } from 'vitest';
import type { ActivationMode } from '../../src/autodiff/gradient-rule.js';
import { gradients, type GradientOptions } from '../../src/autodiff/gradients.js';
import { nestedGraphs } from '../../src/graph/free-values.js';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import type { Graph, Node } from '../../src/graph/graph.js';
import * as op from '../../src/graph/ops.js';
import { elementCount, type Value } from '../../src/graph/value.js';
import { boolTensor, float32Tensor, type Tensor } from '../../src/runtime/tensor.js';
import { numbersFrom } from './finite-differences.js';
import { elements, withSession } from './run-graph.js';

const modes: readonly ActivationMode[] = ['save', 'recompute'];

interface Operands {
  readonly x: Value;
  readonly weight: Value;
  readonly scale: Value;
  readonly other: Value;
}
type Way = (g: GraphBuilder, operands: Operands) => Value;

const shapes = { x: [2, 4, 3, 3], weight: [4, 4, 3, 3], scale: [4], other: [4, 4, 1, 1] } as const;
type Name = keyof typeof shapes;
const names = Object.keys(shapes) as Name[];

/** A ResNet block's residual branch in small. */
const residual: Way = (g, { x, weight, scale }) => {
  const hidden = op.silu(g, op.groupNorm(g, x, 2, scale, scale, 1e-3));
  return op.add(g, x, op.conv2d(g, hidden, weight, { bias: scale, padding: 1 }));
};
/** Keeps intermediate values of its own, also ones that are no floats. */
const projection: Way = (g, { x, other }) => {
  const projected = op.exp(g, op.mul(g, op.conv2d(g, x, other), 0.1));
  return op.sigmoid(g, op.max(g, op.square(g, projected), projected));
};
const identity: Way = (_, { x }) => x;
/** A branch inside a branch. */
const nestedChoice: Way = (g, operands) => {
  const inner = operands as Operands & { readonly inner: Value };
  const hidden = op.tanh(g, operands.x);
  const [chosen] = op.branch(
    g,
    inner.inner,
    (nested) => [op.mul(nested, residual(nested, { ...operands, x: hidden }), 2)],
    (nested) => [projection(nested, operands)],
  );
  return op.sin(g, chosen as Value);
};

interface Built {
  readonly graph: Graph;
  readonly found: ReadonlyMap<Value, Value>;
  readonly operands: Operands;
  readonly forward: readonly Node[];
}

/** A graph of a function's output and its gradients by all operands. */
function build(
  way: (g: GraphBuilder, operands: Operands, gate: Value) => Value,
  options: GradientOptions,
): Built {
  const g = new GraphBuilder();
  const input = (name: string, shape: readonly number[]): Value => g.input(name, { dtype: 'float32', shape });
  const operands = Object.fromEntries(
    names.map((name) => [name, input(name, shapes[name])]),
  ) as unknown as Operands;
  const gate = g.input('gate', { dtype: 'bool', shape: [] });
  const inner = g.input('inner', { dtype: 'bool', shape: [] });
  const y = way(g, { ...operands, inner } as Operands, gate);
  const count = g.nodes.length;
  const seed = input('seed', y.shape);
  const found = gradients(g, new Map([[y, seed]]), Object.values(operands), options);
  return {
    graph: g.build('test', [y, ...found.values()]),
    found,
    operands,
    forward: g.nodes.slice(0, count),
  };
}

/** Runs it; zeros where there is no gradient. */
async function evaluate({ graph, found, operands }: Built, gate: boolean, inner = true): Promise<number[][]> {
  const next = numbersFrom(7);
  const draw = (shape: readonly number[]): Tensor =>
    float32Tensor(
      shape,
      Float32Array.from({ length: elementCount(shape) }, () => next() * 2 - 1),
    );
  const feeds = {
    ...Object.fromEntries(names.map((name) => [name, draw(shapes[name])])),
    gate: boolTensor([], [gate]),
    inner: boolTensor([], [inner]),
    seed: draw(shapes.x),
  };
  return withSession(graph, async (run) => {
    const results = await run(feeds);
    return [
      elements(results, graph.outputs[0]?.name ?? ''),
      ...names.map((name) => {
        const gradient = found.get(operands[name]);
        const size = elementCount(shapes[name]);
        return gradient === undefined ? new Array<number>(size).fill(0) : elements(results, gradient.name);
      }),
    ];
  });
}

const gated =
  (on: Way, off: Way) =>
  (g: GraphBuilder, operands: Operands, gate: Value): Value =>
    op.branch(
      g,
      gate,
      (nested) => [on(nested, operands)],
      (nested) => [off(nested, operands)],
    )[0] as Value;

const options = (mode: ActivationMode): GradientOptions => ({ activations: () => mode });

function expectClose(found: readonly number[][], expected: readonly number[][]): void {
  found.forEach((values, i) => {
    values.forEach((value, at) => {
      expect(value).toBeCloseTo(expected[i]?.[at] ?? NaN, 5);
    });
  });
}

/** Operations in a graph and all graphs nested in it. */
const allOps = (graph: Pick<Graph, 'nodes'>): string[] =>
  graph.nodes.flatMap((node) => [node.op, ...nestedGraphs(node).flatMap(allOps)]);
const count = (graph: Pick<Graph, 'nodes'>, wanted: string): number =>
  allOps(graph).filter((found) => found === wanted).length;

describe.each(modes)('the gradient of an If, activations: %s', (mode) => {
  it.each([
    ['residual or identity', residual, identity],
    ['identity or residual', identity, residual],
    ['residual or projection', residual, projection],
    ['projection or residual', projection, residual],
    ['a branch in a branch, or a projection', nestedChoice, projection],
  ])('is that of the branch taken: %s', async (_, on, off) => {
    const whole = build(gated(on, off), options(mode));
    for (const inner of [true, false]) {
      for (const [gate, way] of [
        [true, on],
        [false, off],
      ] as const) {
        const plain = build((g, operands) => way(g, operands), {});
        expectClose(await evaluate(whole, gate, inner), await evaluate(plain, gate, inner));
      }
    }
  });

  it('is zero for the parameters of a block that is skipped, and passes through to its input', async () => {
    const whole = build(gated(residual, identity), options(mode));
    const [, x, weight, scale] = await evaluate(whole, false);
    expect(weight?.every((value) => value === 0)).toBe(true);
    expect(scale?.every((value) => value === 0)).toBe(true);
    expect(x?.some((value) => value !== 0)).toBe(true);
    expect(whole.found.has(whole.operands.other)).toBe(false);
  });

  it('goes through an output the loss does not depend on', async () => {
    const pick =
      (index: number) =>
      (g: GraphBuilder, operands: Operands, gate: Value): Value =>
        op.branch(
          g,
          gate,
          (nested) => [residual(nested, operands), projection(nested, operands)],
          (nested) => [projection(nested, operands), residual(nested, operands)],
        )[index] as Value;
    for (const [index, way] of [
      [0, residual],
      [1, projection],
    ] as const) {
      const plain = build((g, operands) => way(g, operands), {});
      expectClose(await evaluate(build(pick(index), options(mode)), true), await evaluate(plain, true));
    }
  });

  it('reads values of the same If twice over, through two Ifs in a row', async () => {
    const twice = (g: GraphBuilder, operands: Operands, gate: Value): Value => {
      const x = gated(residual, identity)(g, operands, gate);
      return gated(residual, projection)(g, { ...operands, x }, gate);
    };
    const plain = build((g, operands) => residual(g, { ...operands, x: residual(g, operands) }), {});
    expectClose(await evaluate(build(twice, options(mode)), true), await evaluate(plain, true));
  });
});

describe('what an If does for its gradient', () => {
  const ifs = ({ graph }: Built): (Node & { readonly op: 'If' })[] =>
    graph.nodes.filter((node) => node.op === 'If');

  it('gives out intermediate values when they are saved, and computes nothing again', () => {
    const saved = build(gated(residual, projection), options('save'));
    const [forward, backward] = ifs(saved);
    expect(forward?.outputs.length).toBeGreaterThan(1);
    expect(count(saved.graph, 'LayerNormalization')).toBe(1);
    expect(backward?.attributes.thenBranch.nodes.some(({ op: name }) => name === 'LayerNormalization')).toBe(
      false,
    );
  });

  it('computes again only what the gradient reads', () => {
    const recomputed = build(gated(residual, identity), options('recompute'));
    const [forward, backward] = ifs(recomputed);
    expect(forward?.outputs).toHaveLength(1);
    const branch = backward?.attributes.thenBranch;
    expect(branch === undefined ? 0 : count(branch, 'LayerNormalization')).toBe(1);
    // The convolution's output is nobody's operand; the one there gives the image's gradient.
    expect(branch === undefined ? 0 : count(branch, 'Conv')).toBe(1);
  });

  it('is decided for each If by itself', () => {
    const twice = (g: GraphBuilder, operands: Operands, gate: Value): Value => {
      const x = g.scope('first', () => gated(residual, identity)(g, operands, gate));
      return g.scope('second', () => gated(residual, identity)(g, { ...operands, x }, gate));
    };
    const built = build(twice, {
      activations: ({ name }) => (name.startsWith('first|') ? 'save' : 'recompute'),
    });
    const forward = ifs(built).slice(0, 2);
    expect(forward.map(({ name, outputs }) => [name.split('|')[0], outputs.length > 1])).toEqual([
      ['first', true],
      ['second', false],
    ]);
  });

  it('has its gradient nodes named as of the block they belong to', () => {
    const way = (g: GraphBuilder, operands: Operands, gate: Value): Value =>
      op.branch(
        g,
        gate,
        (nested) => nested.scope('inside', () => [residual(nested, operands)]),
        () => [operands.x],
      )[0] as Value;
    for (const mode of modes) {
      const [, backward] = ifs(build(way, options(mode)));
      const scopes = new Set(backward?.attributes.thenBranch.nodes.map(({ name }) => name.split('|')[0]));
      expect([...scopes]).toEqual(['inside']);
    }
  });
});
