import type { Graph } from '../graph/graph.js';
import { GraphBuilder } from '../graph/graph-builder.js';
import type { Shape, Value } from '../graph/value.js';
import type { Tensors } from '../runtime/tensor.js';
import { noiseTensor } from './measured-unet.js';

/** A graph and what to feed it with: everything needed to time it. */
export interface MeasuredGraph {
  readonly graph: Graph;
  readonly feeds: Tensors;
}

/**
 * Builds a graph that computes `build(...)` and gives back one element of it, since copying an output to the caller
 * would be measured with it.
 * @param inputs shapes of float32 inputs by name; those that nothing reads are left out
 */
export function measuredGraph<Name extends string>(
  name: string,
  inputs: Readonly<Record<Name, Shape>>,
  build: (g: GraphBuilder, inputs: Readonly<Record<Name, Value>>) => Value,
): MeasuredGraph {
  const g = new GraphBuilder();
  const shapes = Object.entries<Shape>(inputs);
  const values = shapes.map(([input, shape]) => [input, g.input(input, { dtype: 'float32', shape })]);
  const result = build(g, Object.fromEntries(values) as Record<Name, Value>);
  const graph = withoutUnused(g.build(name, [g.scope('probe', () => oneElement(g, result))]));
  const feeds = graph.inputs.map((input) => [input.name, noiseTensor(input.shape)]);
  return { graph, feeds: Object.fromEntries(feeds) as Tensors };
}

/** A graph that does next to nothing: what every run costs, whatever it computes. */
export function emptyGraph(): MeasuredGraph {
  return measuredGraph('empty', { x: [2] }, (_, { x }) => x);
}

/** The first element of a value: of a graph that ends in it, next to nothing is copied out. */
export function oneElement(g: GraphBuilder, value: Value): Value {
  const axes = value.shape.map((_, axis) => axis);
  return g.add('Slice', [value], { axes, starts: axes.map(() => 0), ends: axes.map(() => 1) });
}

function withoutUnused(graph: Graph): Graph {
  const used = new Set(graph.nodes.flatMap(({ inputs }) => inputs));
  return { ...graph, inputs: graph.inputs.filter((input) => used.has(input)) };
}
