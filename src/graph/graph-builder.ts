import type { TensorData } from './data-type.js';
import { GraphError } from './graph-error.js';
import type { ExternalData, Graph, Initializer, Node } from './graph.js';
import type { OpAttributes, OpType } from './op-attributes.js';
import { inferTypes } from './shape-inference.js';
import { elementCount, type Shape, type TensorType, type Value } from './value.js';

/** Names are unique over a graph and the graphs nested in it, so they share one counter. */
interface Naming {
  next: number;
  scope: string;
}

/** Appends nodes to a graph, inferring types on the way, and hands out the finished {@link Graph}. */
export class GraphBuilder {
  readonly #naming: Naming;
  readonly #inputs: Value[] = [];
  readonly #initializers: Initializer[] = [];
  readonly #nodes: Node[] = [];
  readonly #constants = new Map<string, Value>();

  constructor(naming: Naming = { next: 0, scope: '' }) {
    this.#naming = naming;
  }

  /** Nodes so far, in topological order. */
  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  /** A builder for a graph nested in this one: it may use this builder's values. */
  nested(): GraphBuilder {
    return new GraphBuilder(this.#naming);
  }

  /** Declares an input of the graph. */
  input(name: string, type: TensorType): Value {
    if (this.#inputs.some((input) => input.name === name))
      throw new GraphError(`two inputs are named ${name}`, name);
    const value = { name, ...type };
    this.#inputs.push(value);
    return value;
  }

  /** Declares a constant tensor, such as a weight. Throws {@link GraphError} when the data's length isn't the shape's. */
  initializer(name: string, type: TensorType, data: TensorData | ExternalData): Value {
    if ('byteLength' in data && data.length !== elementCount(type.shape)) {
      throw new GraphError(`${data.length} elements for shape [${type.shape.join(', ')}]`, name);
    }
    const value = { name, dtype: type.dtype, shape: type.shape };
    this.#initializers.push({ value, data });
    return value;
  }

  /** A float32 constant; equal scalars share one. */
  scalar(number: number): Value {
    const key = `float32:${number}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const made = this.initializer(
      this.#freshName('const'),
      { dtype: 'float32', shape: [] },
      Float32Array.of(number),
    );
    this.#constants.set(key, made);
    return made;
  }

  /** A float32 tensor constant. */
  constant(shape: Shape, data: Float32Array): Value {
    return this.initializer(this.#freshName('const'), { dtype: 'float32', shape }, data);
  }

  /** An int64 tensor constant. */
  constantInt64(shape: Shape, data: readonly number[]): Value {
    const elements = BigInt64Array.from(data, (element) => BigInt(element));
    return this.initializer(this.#freshName('const'), { dtype: 'int64', shape }, elements);
  }

  /** Appends an operation with any number of outputs. */
  addNode<Op extends OpType>(
    op: Op,
    inputs: readonly (Value | undefined)[],
    attributes: OpAttributes[Op],
  ): readonly Value[] {
    const name = `${this.#naming.scope}|${op}.${this.#naming.next}`;
    const outputs = this.#infer(op, inputs, attributes, name).map((type) => ({
      name: this.#freshName('v'),
      ...type,
    }));
    this.#nodes.push({ op, name, inputs, outputs, attributes } as unknown as Node);
    return outputs;
  }

  /** Appends an operation and gives its first output. */
  add<Op extends OpType>(
    op: Op,
    inputs: readonly (Value | undefined)[],
    attributes: OpAttributes[Op],
  ): Value {
    const [first] = this.addNode(op, inputs, attributes);
    if (first === undefined) throw new GraphError(`${op} has no output`);
    return first;
  }

  /**
   * Puts another attributes object in the place of a node's, with further outputs appended after those it has.
   * For transformations that make an earlier node give more, such as saving activations of an `If`.
   */
  extendNode<Op extends OpType>(
    node: Node & { readonly op: Op },
    attributes: OpAttributes[Op],
  ): readonly Value[] {
    const at = this.#nodes.indexOf(node);
    if (at < 0) throw new GraphError('the node is not of this graph', node.name);
    const types = this.#infer(node.op, node.inputs, attributes, node.name);
    const added = types.slice(node.outputs.length).map((type) => ({ name: this.#freshName('v'), ...type }));
    this.#nodes[at] = { ...node, attributes, outputs: [...node.outputs, ...added] } as unknown as Node;
    return added;
  }

  /** Runs `build` with its nodes named as of `scope`, a block's name; the innermost scope wins. */
  scope<T>(scope: string, build: () => T): T {
    const outer = this.#naming.scope;
    this.#naming.scope = scope;
    try {
      return build();
    } finally {
      this.#naming.scope = outer;
    }
  }

  /** The finished graph. */
  build(name: string, outputs: readonly Value[]): Graph {
    return {
      name,
      inputs: [...this.#inputs],
      initializers: [...this.#initializers],
      nodes: [...this.#nodes],
      outputs,
    };
  }

  #infer<Op extends OpType>(
    op: Op,
    inputs: readonly (Value | undefined)[],
    attributes: OpAttributes[Op],
    name: string,
  ): TensorType[] {
    try {
      return inferTypes(op, inputs, attributes);
    } catch (error) {
      if (error instanceof GraphError) throw new GraphError(error.message, name);
      throw error;
    }
  }

  #freshName(prefix: string): string {
    this.#naming.next += 1;
    return `${prefix}${this.#naming.next}`;
  }
}
