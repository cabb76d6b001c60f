import { GraphError } from './graph-error.js';
import type { Graph, Node } from './graph.js';
import { evaluateSize, symbolicSize, type AxisSizes, type SymbolicSize } from './symbolic-size.js';
import type { Shape, Value } from './value.js';

/** One graph built for several sizes of its axes: what of it depends on them, and how. */
export class ComparedGraphs {
  readonly example: Graph;
  readonly #exampleSizes: AxisSizes;
  readonly #variants: ReadonlyMap<string, Variant>;
  readonly #check: Variant;
  readonly #shapes = new Map<Value, readonly SymbolicSize[]>();

  /**
   * @param build gives the graph for sizes of the axes; the same nodes under the same names each time
   * @param example sizes that tell the axes apart
   * @param other another size for each of them
   * @throws GraphError where the nodes are not the same
   */
  constructor(build: (sizes: AxisSizes) => Graph, example: AxisSizes, other: AxisSizes) {
    const variant = (sizes: AxisSizes): Variant => ({ sizes, ...indexed(build(sizes)) });
    this.example = build(example);
    this.#exampleSizes = example;
    this.#variants = new Map(
      Object.entries(other).map(([axis, size]) => [axis, variant({ ...example, [axis]: size })]),
    );
    this.#check = variant(other);
    for (const each of [...this.#variants.values(), this.#check]) requireSameNodes(this.example, each.graph);
  }

  /** Every axis of a value of {@link example}. Throws GraphError for a size that is no product of powers of the axes. */
  shapeOf(value: Value): readonly SymbolicSize[] {
    const known = this.#shapes.get(value);
    if (known !== undefined) return known;
    const shape = this.#sizes(value.shape, value.name, ({ values }) => values.get(value.name)?.shape);
    this.#shapes.set(value, shape);
    return shape;
  }

  /** Numbers among the attributes of a node of {@link example}; throws as {@link shapeOf} does. */
  attributeOf(node: Node, read: (node: Node) => readonly number[]): readonly SymbolicSize[] {
    const position = this.example.nodes.indexOf(node);
    return this.#sizes(read(node), node.name, ({ graph }) => {
      const same = graph.nodes[position];
      return same === undefined ? undefined : read(same);
    });
  }

  /** Attributes of a node, as text, are the same whatever the sizes are. */
  hasFixedAttributes(node: Node): boolean {
    const position = this.example.nodes.indexOf(node);
    const text = JSON.stringify(node.attributes);
    return [...this.#variants.values()].every(
      ({ graph }) => JSON.stringify(graph.nodes[position]?.attributes) === text,
    );
  }

  #sizes(values: Shape, where: string, find: (variant: Variant) => Shape | undefined): SymbolicSize[] {
    const others = [...this.#variants].map(
      ([axis, variant]) => [axis, variant.sizes[axis] ?? 0, find(variant)] as const,
    );
    const checked = find(this.#check);
    return values.map((value, i) => {
      const found = new Map(others.map(([axis, size, other]) => [axis, { size, value: other?.[i] ?? NaN }]));
      const size = symbolicSize(this.#exampleSizes, value, found);
      if (size !== undefined && evaluateSize(size, this.#check.sizes) === checked?.[i]) return size;
      throw new GraphError(`size ${value} is no product of the sizes of the graph's axes`, where);
    });
  }
}

interface Variant {
  readonly sizes: AxisSizes;
  readonly graph: Graph;
  readonly values: ReadonlyMap<string, Value>;
}

function indexed(graph: Graph): Pick<Variant, 'graph' | 'values'> {
  const values = [
    ...graph.inputs,
    ...graph.initializers.map(({ value }) => value),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ];
  return { graph, values: new Map(values.map((value) => [value.name, value])) };
}

function requireSameNodes(a: Graph, b: Graph): void {
  const difference = a.nodes.findIndex((node, i) => signature(node) !== signature(b.nodes[i]));
  if (difference < 0 && a.nodes.length === b.nodes.length) return;
  throw new GraphError('other sizes give other nodes', a.nodes[difference]?.name);
}

function signature(node: Node | undefined): string {
  if (node === undefined) return '';
  return [
    node.name,
    ...node.inputs.map((input) => input?.name ?? ''),
    ...node.outputs.map(({ name }) => name),
  ].join();
}
