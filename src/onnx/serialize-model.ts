import { SnapEvoError } from '../errors/snapevo-error.js';
import { nestedGraphs } from '../graph/free-values.js';
import type { Graph, Initializer, Node } from '../graph/graph.js';
import type { TensorType, Value } from '../graph/value.js';
import { encodeModel } from './encode-model.js';
import {
  graphAttribute,
  lowerNode,
  nestedByName,
  onnxDataTypes,
  type ConstantOperand,
} from './onnx-operators.js';
import {
  type GraphMessage,
  type NodeMessage,
  type TensorMessage,
  type ValueInfoMessage,
} from './onnx-schema.js';

/** The operator set the IR's operations are defined by, and the one that has `BitCast` too. */
const opset = 21;
const opsetWithBitCast = 26;
const irVersion = 10;

/** What protobuf reads of one message at most. */
const maxModelBytes = 2 ** 31 - 1;

/**
 * Bytes of an ONNX model that computes the graph. Weights held in memory are copied in; external data is referred to.
 * @throws SnapEvoError `ONNX_TOO_LARGE` for weights in memory that one model can't hold
 */
export function serializeModel(graph: Graph): Uint8Array {
  requireRoom(graph);
  const constants = new ConstantPool();
  const message = new GraphSerializer(constants).serialize(graph, 'full');
  return encodeModel({
    irVersion,
    producerName: 'snapevo',
    opsetImport: [{ domain: '', version: usesBitCast(graph) ? opsetWithBitCast : opset }],
    graph: { ...message, initializer: [...message.initializer, ...constants.tensors] },
  });
}

const usesBitCast = ({ nodes }: Graph): boolean =>
  nodes.some((node) => node.op === 'BitCast' || nestedGraphs(node).some(usesBitCast));

function requireRoom({ name, initializers }: Graph): void {
  const bytes = initializers.reduce((sum, { data }) => sum + ('byteLength' in data ? data.byteLength : 0), 0);
  if (bytes <= maxModelBytes) return;
  throw new SnapEvoError({
    code: 'ONNX_TOO_LARGE',
    message: `expected weights of at most ${maxModelBytes} bytes in a model's own file, found ${bytes}`,
    where: name,
    hint: 'a network of this size runs on weights that stay in their file: give `loadPipeline` a `cache`',
  });
}

/** Constant operands made on the way; equal ones are stored once, in the outermost graph. */
class ConstantPool {
  readonly tensors: TensorMessage[] = [];
  readonly #names = new Map<string, string>();

  name(constant: ConstantOperand): string {
    const key = `${constant.dtype}[${constant.shape.join(',')}]${constant.data.join(',')}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = `constant operand ${this.#names.size}`;
    this.#names.set(key, name);
    const data =
      constant.dtype === 'int64'
        ? BigInt64Array.from(constant.data, (element) => BigInt(element))
        : Float32Array.from(constant.data);
    this.tensors.push(tensorMessage({ value: { name, dtype: constant.dtype, shape: constant.shape }, data }));
    return name;
  }

  get yes(): string {
    if (!this.tensors.some(({ name }) => name === 'yes')) {
      this.tensors.push(
        tensorMessage({ value: { name: 'yes', dtype: 'bool', shape: [] }, data: Uint8Array.of(1) }),
      );
    }
    return 'yes';
  }
}

class GraphSerializer {
  readonly #constants: ConstantPool;

  constructor(constants: ConstantPool) {
    this.#constants = constants;
  }

  /** Outputs of a branch are declared without a shape: the other branch may give another. */
  serialize(graph: Graph, outputs: 'full' | 'type-only'): GraphMessage {
    return {
      name: graph.name,
      node: graph.nodes.map((node) => this.#node(node)),
      initializer: graph.initializers.map(tensorMessage),
      input: graph.inputs.map((value) => valueInfo(value, 'full', graph.axes?.get(value))),
      output: graph.outputs.map((value) => valueInfo(value, outputs, graph.axes?.get(value))),
    };
  }

  #node(node: Node): NodeMessage {
    if (node.op === 'Loop') return this.#loop(node);
    const { attributes, constants } = lowerNode(node);
    const nested = nestedByName(node).map(([name, graph]) =>
      graphAttribute(name, this.serialize(graph, 'type-only')),
    );
    return {
      name: node.name,
      opType: node.op,
      input: [
        ...node.inputs.map((input) => input?.name ?? ''),
        ...constants.map((constant) => (constant === undefined ? '' : this.#constants.name(constant))),
      ],
      output: node.outputs.map(({ name }) => name),
      attribute: [...attributes, ...nested],
    };
  }

  /** ONNX's loop also takes a trip count and a condition, which its body gets and gives back. */
  #loop(node: Node & { readonly op: 'Loop' }): NodeMessage {
    const { trips, body } = node.attributes;
    const message = this.serialize(body, 'full');
    const [iteration, ...states] = message.input;
    const goOn = { name: `${node.name}.goOn`, dtype: 'bool', shape: [] } as const;
    const goesOn = { ...goOn, name: `${node.name}.goesOn` };
    const keepGoing: NodeMessage = {
      name: `${node.name}.keepGoing`,
      opType: 'Identity',
      input: [goOn.name],
      output: [goesOn.name],
      attribute: [],
    };
    const full: GraphMessage = {
      ...message,
      node: [keepGoing, ...message.node],
      input: [...(iteration === undefined ? [] : [iteration]), valueInfo(goOn), ...states],
      output: [valueInfo(goesOn), ...message.output],
    };
    const count = this.#constants.name({ dtype: 'int64', shape: [], data: [trips] });
    return {
      name: node.name,
      opType: 'Loop',
      input: [count, this.#constants.yes, ...node.inputs.map((input) => input?.name ?? '')],
      output: node.outputs.map(({ name }) => name),
      attribute: [graphAttribute('body', full)],
    };
  }
}

function valueInfo(
  { name, dtype, shape }: TensorType & Pick<Value, 'name'>,
  detail = 'full',
  axes: readonly (string | undefined)[] = [],
): ValueInfoMessage {
  const elemType = onnxDataTypes[dtype];
  if (detail !== 'full') return { name, type: { tensorType: { elemType } } };
  const dim = shape.map((dimValue, axis) => {
    const dimParam = axes[axis];
    return dimParam === undefined ? { dimValue } : { dimParam };
  });
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

function tensorMessage({ value, data }: Initializer): TensorMessage {
  const head = { name: value.name, dataType: onnxDataTypes[value.dtype], dims: value.shape };
  if ('byteLength' in data) {
    return { ...head, rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
  }
  const { location, offset, length } = data;
  const externalData = Object.entries({ location, offset, length }).map(([key, field]) => ({
    key,
    value: String(field),
  }));
  return { ...head, dataLocation: 1, externalData };
}
