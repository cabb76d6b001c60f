import { ComparedGraphs } from './compared-graphs.js';
import { elementCount, type Shape, type Value } from './value.js';
import { GraphBuilder } from './graph-builder.js';
import { GraphError } from './graph-error.js';
import type { Graph, Initializer, Node, NodeOf } from './graph.js';
import { nodeScope } from './node-scope.js';
import { SizeOperands } from './size-operands.js';
import { describeSize, isFixed, type AxisSizes, type SymbolicSize } from './symbolic-size.js';

/** A graph's axes, by name. */
export type GraphAxes = Readonly<Record<string, AxisExamples>>;

/** Sizes that an axis is tried with. */
interface AxisExamples {
  /** Two sizes that no other axis and no fixed size has. */
  readonly example: number;
  readonly other: number;
  /** The largest it may have; constants that are cut to an axis's size, such as a mask, need to know. */
  readonly most?: number;
}

const isNameless = /^const\d+$/;

/**
 * A graph for any size of its axes, from what is the same in graphs built for some sizes. Shapes among a node's attributes that depend on sizes
 * become 0 and -1 where ONNX's Reshape can tell by itself, and operands computed from the inputs' sizes elsewhere; a constant of ones that a
 * LayerNormalization of a varying size is scaled by goes, the node becoming an InstanceNormalization; other constants of varying size are cut from
 * those for the largest sizes.
 * @param build gives the graph for sizes of the axes: the same nodes each time, inputs whose axes these are
 * @throws GraphError where a size is no product of the axes', or what depends on it has no form in ONNX
 */
export function generalizeGraph(build: (sizes: AxisSizes) => Graph, axes: GraphAxes): Graph {
  const pick = (of: (axis: AxisExamples) => number): AxisSizes =>
    Object.fromEntries(Object.entries(axes).map(([name, axis]) => [name, of(axis)]));
  const compared = new ComparedGraphs(
    build,
    pick(({ example }) => example),
    pick(({ other }) => other),
  );
  const largest = build(pick(({ example, most = example }) => most));
  return new Generalization(compared, largest).run();
}

class Generalization {
  readonly #g = new GraphBuilder();
  readonly #compared: ComparedGraphs;
  readonly #largest: ReadonlyMap<string, Initializer>;
  readonly #constants: ReadonlyMap<Value, Initializer>;
  readonly #new = new Map<Value, Value>();
  readonly #sizes: SizeOperands;

  constructor(compared: ComparedGraphs, largest: Graph) {
    this.#compared = compared;
    this.#largest = new Map(largest.initializers.map((each) => [each.value.name, each]));
    this.#constants = new Map(compared.example.initializers.map((each) => [each.value, each]));
    for (const input of compared.example.inputs) this.#new.set(input, this.#g.input(input.name, input));
    this.#sizes = new SizeOperands(
      this.#g,
      compared.example.inputs.map((input) => ({ value: this.#get(input), shape: compared.shapeOf(input) })),
    );
  }

  run(): Graph {
    const { name, inputs, nodes, outputs } = this.#compared.example;
    for (const node of nodes) {
      const made = this.#g.scope(nodeScope(node), () => this.#append(node));
      made.forEach((value, i) => {
        const old = node.outputs[i];
        if (old !== undefined) this.#new.set(old, value);
      });
    }
    const graph = this.#g.build(
      name,
      outputs.map((output) => this.#get(output)),
    );
    return { ...graph, axes: this.#axisNames([...inputs, ...outputs]) };
  }

  #axisNames(values: readonly Value[]): Map<Value, (string | undefined)[]> {
    const named = (size: SymbolicSize): string | undefined =>
      isFixed(size) ? undefined : describeSize(size);
    return new Map(values.map((value) => [this.#get(value), this.#compared.shapeOf(value).map(named)]));
  }

  #append(node: Node): readonly Value[] {
    if (node.op === 'LayerNormalization' && this.#varies(node.inputs[1])) return [this.#instanceNorm(node)];
    const inputs = node.inputs.map((input) => (input === undefined ? input : this.#get(input)));
    if (this.#compared.hasFixedAttributes(node)) return this.#g.addNode(node.op, inputs, node.attributes);
    switch (node.op) {
      case 'Reshape':
        return [this.#reshape(node)];
      case 'Expand': {
        const shape = this.#compared.attributeOf(node, shapeAttribute);
        return this.#g.addNode('Expand', [inputs[0], this.#sizes.vector(shape)], node.attributes);
      }
      case 'Slice':
        return this.#g.addNode('Slice', [inputs[0], ...this.#sliceOperands(node)], node.attributes);
      default:
        throw new GraphError(`a ${node.op} depends on sizes that are not fixed`, node.name);
    }
  }

  #reshape(node: NodeOf<'Reshape'>): Value {
    const [input] = node.inputs;
    if (input === undefined) throw new GraphError('operand 0 is missing', node.name);
    const shape = this.#compared.attributeOf(node, shapeAttribute);
    const from = this.#compared.shapeOf(input).map(describeSize);
    const target = shape.map((size, i) => {
      if (isFixed(size)) return size.numerator / size.denominator;
      return from[i] === describeSize(size) ? 0 : -1;
    });
    const isTold = target.filter((size) => size === -1).length <= 1;
    const x = this.#get(input);
    const { attributes } = node;
    if (isTold) return this.#g.add('Reshape', [x], { ...attributes, target });
    return this.#g.add('Reshape', [x, this.#sizes.vector(shape)], attributes);
  }

  #sliceOperands(node: NodeOf<'Slice'>): Value[] {
    const { starts, axes, steps } = node.attributes;
    if (steps !== undefined) throw new GraphError('a Slice with steps depends on sizes', node.name);
    const ends = this.#compared.attributeOf(node, (each) => (each as NodeOf<'Slice'>).attributes.ends);
    return [
      this.#g.constantInt64([starts.length], starts),
      this.#sizes.vector(ends),
      this.#g.constantInt64([axes.length], axes),
    ];
  }

  /** The same for x [batch, groups, rest]: each group's mean and deviation. */
  #instanceNorm(node: NodeOf<'LayerNormalization'>): Value {
    const [x, scale, shift] = node.inputs;
    const data = scale === undefined ? undefined : this.#constants.get(scale)?.data;
    const isOnes = data instanceof Float32Array && data.every((element) => element === 1);
    const groups = x?.shape[1];
    if (x?.shape.length !== 3 || groups === undefined || !isOnes || shift !== undefined) {
      throw new GraphError('a LayerNormalization of varying size is scaled', node.name);
    }
    const operands = [this.#get(x), this.#g.filled([groups], 1), this.#g.filled([groups], 0)];
    return this.#g.add('InstanceNormalization', operands, { epsilon: node.attributes.epsilon });
  }

  #varies(value: Value | undefined): boolean {
    return value !== undefined && !this.#compared.shapeOf(value).every(isFixed);
  }

  #get(value: Value): Value {
    const known = this.#new.get(value);
    if (known !== undefined) return known;
    const constant = this.#constants.get(value);
    if (constant === undefined) throw new GraphError('a value is used before it is made', value.name);
    const made = this.#varies(value) ? this.#cutConstant(constant) : this.#constant(constant);
    this.#new.set(value, made);
    return made;
  }

  #constant({ value, data }: Initializer): Value {
    const { name, shape } = value;
    if (!isNameless.test(name)) return this.#g.initializer(name, value, data);
    if (data instanceof Float32Array) return this.#g.constant(shape, data);
    if (data instanceof BigInt64Array) return this.#g.constantInt64(shape, [...data].map(Number));
    throw new GraphError(`a constant of type ${value.dtype}`, name);
  }

  #cutConstant({ value, data }: Initializer): Value {
    const largest = this.#largest.get(value.name);
    if (largest === undefined || !isLeadingPart(value.shape, data, largest)) {
      throw new GraphError('a constant of varying size is no part of the largest', value.name);
    }
    const { shape } = value;
    const whole = this.#constant(largest);
    return this.#g.add(
      'Slice',
      [
        whole,
        this.#g.constantInt64([shape.length], new Array<number>(shape.length).fill(0)),
        this.#sizes.vector(this.#compared.shapeOf(value)),
        this.#g.constantInt64(
          [shape.length],
          shape.map((_, axis) => axis),
        ),
      ],
      { axes: shape.map((_, axis) => axis), starts: shape.map(() => 0), ends: shape },
    );
  }
}

const shapeAttribute = (node: Node): Shape => (node as NodeOf<'Reshape'> | NodeOf<'Expand'>).attributes.shape;

function isLeadingPart(shape: Shape, data: Initializer['data'], largest: Initializer): boolean {
  const whole = largest.data;
  if (!(data instanceof Float32Array || data instanceof BigInt64Array)) return false;
  if (!(whole instanceof Float32Array || whole instanceof BigInt64Array)) return false;
  const strides = largest.value.shape.map((_, axis) => elementCount(largest.value.shape.slice(axis + 1)));
  return data.every((element, index) => {
    let [rest, at] = [index, 0];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] ?? 1;
      at += (rest % size) * (strides[axis] ?? 0);
      rest = Math.floor(rest / size);
    }
    return whole[at] === element;
  });
}
