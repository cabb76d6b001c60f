import type { TensorData } from './data-type.js';
import { GraphError } from './graph-error.js';
import type { ExternalData, Graph, Initializer, Node, OpAttributes, OpType } from './graph.js';
import { nodeScope } from './node-scope.js';
import { inferTypes } from './shape-inference.js';
import { elementCount, type Shape, type TensorType, type Value } from './value.js';

/** What a graph shares with the graphs nested in it: names are unique over all of them, and constants stand outermost. */
interface Shared {
  nextName: number;
  scope: string;
  readonly initializers: Initializer[];
  readonly filled: Map<string, Value>;
  readonly constants: Map<Value, TensorData>;
}

/** Appends nodes to a graph, inferring types on the way, and hands out the finished {@link Graph}. */
export class GraphBuilder {
  readonly #shared: Shared;
  readonly #isNested: boolean;
  readonly #inputs: Value[] = [];
  readonly #nodes: Node[] = [];

  constructor(outer?: GraphBuilder) {
    this.#isNested = outer !== undefined;
    this.#shared =
      outer !== undefined
        ? outer.#shared
        : {
            nextName: 0,
            scope: '',
            initializers: [],
            filled: new Map(),
            constants: new Map(),
          };
  }

  /** Nodes so far, in topological order. */
  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  /** A builder for a graph nested in this one: it may use this builder's values; constants it makes stand outermost. */
  nested(): GraphBuilder {
    return new GraphBuilder(this);
  }

  /** Declares an input of the graph. */
  input(name: string, type: TensorType): Value {
    if (this.#inputs.some((input) => input.name === name))
      throw new GraphError(`two inputs are named ${name}`, name);
    const value = { name, dtype: type.dtype, shape: type.shape };
    this.#inputs.push(value);
    return value;
  }

  /** Declares a constant tensor, such as a weight. Throws {@link GraphError} when the data's length isn't the shape's. */
  initializer(name: string, type: TensorType, data: TensorData | ExternalData): Value {
    if ('byteLength' in data && data.length !== elementCount(type.shape)) {
      throw new GraphError(`${data.length} elements for shape [${type.shape.join(', ')}]`, name);
    }
    const value = { name, dtype: type.dtype, shape: type.shape };
    this.#shared.initializers.push({ value, data });
    if ('byteLength' in data) this.#shared.constants.set(value, data);
    return value;
  }

  /** A float32 scalar; equal ones share one constant. */
  scalar(number: number): Value {
    return this.filled([], number);
  }

  /** A float32 constant with one number everywhere; equal ones share one constant. */
  filled(shape: Shape, number: number): Value {
    const key = `${number}[${shape.join(',')}]`;
    const known = this.#shared.filled.get(key);
    if (known !== undefined) return known;
    const made = this.constant(shape, new Float32Array(elementCount(shape)).fill(number));
    this.#shared.filled.set(key, made);
    return made;
  }

  /** Elements of a constant in memory; undefined for any other value. */
  constantData(value: Value): TensorData | undefined {
    return this.#shared.constants.get(value);
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
    const name = `${this.#shared.scope}|${op}.${this.#shared.nextName}`;
    const outputs = this.#infer(op, inputs, attributes, name).map((type) => ({
      name: this.#freshOutputName(this.#shared.scope),
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
    const added = types.slice(node.outputs.length).map((type) => ({
      name: this.#freshOutputName(nodeScope(node)),
      ...type,
    }));
    this.#nodes[at] = { ...node, attributes, outputs: [...node.outputs, ...added] } as unknown as Node;
    return added;
  }

  /** Runs `build` with its nodes named as of `scope`, a block's name; the innermost scope wins. */
  scope<T>(scope: string, build: () => T): T {
    const outer = this.#shared.scope;
    this.#shared.scope = scope;
    try {
      return build();
    } finally {
      this.#shared.scope = outer;
    }
  }

  /** The finished graph. */
  build(name: string, outputs: readonly Value[]): Graph {
    return {
      name,
      inputs: [...this.#inputs],
      initializers: this.#isNested ? [] : [...this.#shared.initializers],
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

  /** With the node's scope, since the runtime names some nodes it puts in place of others after their outputs. */
  #freshOutputName(scope: string): string {
    return this.#freshName(scope === '' ? 'v' : `${scope}|v`);
  }

  #freshName(prefix: string): string {
    this.#shared.nextName += 1;
    return `${prefix}${this.#shared.nextName}`;
  }
}
