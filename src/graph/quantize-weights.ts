import type { TensorData } from './data-type.js';
import type { ExternalData, Graph, Initializer, Node, OpAttributes, OpType } from './graph.js';
import { nodeScope } from './node-scope.js';
import { channelScales, quantizeChannels } from './quantize-channels.js';
import { inferTypes } from './shape-inference.js';
import type { Shape, Value } from './value.js';
import { withoutUnused } from './without-unused.js';

/** Whether the weights of a scope's nodes, a block's, are to be int8. */
export type QuantizedScopes = (scope: string) => boolean;

/** Gives what is computed from an initializer's elements: at once, or for later where they are not there yet. */
export type DeriveElements = (
  initializer: Initializer,
  derive: (elements: Float32Array) => TensorData,
) => TensorData | ExternalData;

/** How codes lie: as a kernel, output channels first; as the second factor of a product, output channels last, or as one that was stored transposed. */
type Layout = 'kernel' | 'factor' | 'transposed factor';

/**
 * The graph with constant weights of linear layers and convolutions as int8, a scale for each output channel (`quantizeChannels`). A linear layer's
 * input is quantised as it runs, by its own extremes, and multiplied in integers; a convolution's weight is widened to float32, for which the runtime
 * has no faster kernel of ONNX's standard operators that needs no calibration. All else, the types of inputs and outputs too, stays as it is.
 * @param isQuantized which scopes' nodes
 * @param derive see {@link DeriveElements}; what it throws
 */
export function quantizeWeights(
  graph: Graph,
  isQuantized: QuantizedScopes,
  derive: DeriveElements = deriveFrom(() => undefined),
): Graph {
  const quantization = new Quantization(graph, isQuantized, derive);
  const { nodes, initializers } = graph;
  const rewritten = nodes.flatMap((node) => quantization.rewrite(node));
  return withoutUnused({
    ...graph,
    nodes: rewritten,
    initializers: [...initializers, ...quantization.initializers],
  });
}

/** Derives at once, from an initializer's own elements, or those that `read` has under its name. Throws TypeError where there are none. */
export function deriveFrom(read: (name: string) => Float32Array | undefined): DeriveElements {
  return ({ value: { name }, data }, derive) => {
    const elements = data instanceof Float32Array ? data : read(name);
    if (elements === undefined) throw new TypeError(`no elements of ${name} to be quantised`);
    return derive(elements);
  };
}

class Quantization {
  readonly #isQuantized: QuantizedScopes;
  readonly #derive: DeriveElements;
  /** Constants, and values that are one in another shape or precision. */
  readonly #weights: Map<Value, Initializer>;
  readonly #made = new Map<string, Initializer>();

  constructor({ initializers }: Graph, isQuantized: QuantizedScopes, derive: DeriveElements) {
    this.#isQuantized = isQuantized;
    this.#derive = derive;
    this.#weights = new Map(initializers.map((each) => [each.value, each]));
  }

  get initializers(): readonly Initializer[] {
    return [...this.#made.values()];
  }

  rewrite(node: Node): readonly Node[] {
    if (node.op === 'If') return [this.#rewriteBranches(node)];
    if (node.op === 'Reshape' || node.op === 'Cast') this.#follow(node);
    const layout = this.#isQuantized(nodeScope(node)) ? layoutOf(node) : undefined;
    const matrix = node.inputs[1];
    const weight = matrix?.dtype === 'float32' ? this.#weights.get(matrix) : undefined;
    if (layout === undefined || weight === undefined) return [node];
    return layout === 'kernel' ? this.#convolution(node, weight) : this.#linear(node, weight, layout);
  }

  #rewriteBranches(node: Node & { readonly op: 'If' }): Node {
    const rewrite = (branch: Graph): Graph =>
      withoutUnused({ ...branch, nodes: branch.nodes.flatMap((each) => this.rewrite(each)) });
    const { thenBranch, elseBranch } = node.attributes;
    return { ...node, attributes: { thenBranch: rewrite(thenBranch), elseBranch: rewrite(elseBranch) } };
  }

  /** A 1x1 kernel may be used as a matrix, the same elements under fewer axes, and a weight be stored in half precision. */
  #follow({ inputs: [input], outputs: [output] }: Node): void {
    const weight = input === undefined ? undefined : this.#weights.get(input);
    if (weight !== undefined && output?.shape[0] === input?.shape[0]) {
      this.#weights.set(output as Value, weight);
    }
  }

  #convolution(node: Node, weight: Initializer): Node[] {
    const [x, kernel, ...bias] = node.inputs;
    const { codes, scales } = this.#quantized(weight, (kernel as Value).shape, 'kernel');
    const widened = append(node, 'kernel', 'DequantizeLinear', [codes, scales], { axis: 0 });
    return [widened, { ...node, inputs: [x, widened.outputs[0], ...bias] }];
  }

  /** The nodes that the runtime's own dynamic quantisation makes of a linear layer, which it fuses to one. */
  #linear(node: Node, weight: Initializer, layout: Exclude<Layout, 'kernel'>): Node[] {
    const [x, matrix, bias] = node.inputs;
    const { shape } = matrix as Value;
    const { codes, scales } = this.#quantized(
      weight,
      layout === 'factor' ? shape : shape.toReversed(),
      layout,
    );
    const input = append(node, 'input', 'DynamicQuantizeLinear', [x], {});
    const [inputCodes, inputScale, inputZero] = input.outputs;
    const sum = append(node, 'sum', 'MatMulInteger', [inputCodes, codes, inputZero], {});
    const float = append(node, 'float', 'Cast', sum.outputs, { to: 'float32' });
    const scale = append(node, 'scale', 'Mul', [inputScale, scales], {});
    const factors = [float.outputs[0], scale.outputs[0]];
    if (bias === undefined) {
      return [input, sum, float, scale, append(node, 'scaled', 'Mul', factors, {}, node.outputs)];
    }
    const scaled = append(node, 'scaled', 'Mul', factors, {});
    const shifted = append(node, 'shifted', 'Add', [scaled.outputs[0], bias], {}, node.outputs);
    return [input, sum, float, scale, scaled, shifted];
  }

  /** Codes of that shape and the scales of their output channels; the same ones for the same weight in the same layout. */
  #quantized(weight: Initializer, shape: Shape, layout: Layout): { codes: Value; scales: Value } {
    const channels = (layout === 'kernel' ? shape[0] : shape.at(-1)) ?? 0;
    const channelLayout = { name: weight.value.name, channelsLast: layout === 'factor' };
    const codesOf = (elements: Float32Array): Int8Array => {
      const { codes } = quantizeChannels(elements, channels, channelLayout);
      return layout === 'transposed factor' ? transpose(codes, channels) : codes;
    };
    const name = `${weight.value.name} as ${layout}`;
    const scaleType = { dtype: 'float32', shape: [channels] } as const;
    return {
      codes: this.#constant(weight, { name: `${name}, codes`, dtype: 'int8', shape }, codesOf),
      scales: this.#constant(weight, { name: `${name}, scales`, ...scaleType }, (elements) =>
        channelScales(elements, channels, channelLayout),
      ),
    };
  }

  #constant(weight: Initializer, value: Value, derive: (elements: Float32Array) => TensorData): Value {
    const known = this.#made.get(value.name);
    if (known !== undefined) return known.value;
    this.#made.set(value.name, { value, data: this.#derive(weight, derive) });
    return value;
  }
}

/** How the codes of a layer's weight are to lie; undefined where the node is no layer that can have them. */
function layoutOf(node: Node): Layout | undefined {
  switch (node.op) {
    case 'Conv':
      return 'kernel';
    case 'Gemm': {
      const { transA, transB, alpha } = node.attributes;
      if (transA || alpha !== 1) return undefined;
      return transB ? 'transposed factor' : 'factor';
    }
    case 'MatMul':
      return node.inputs[1]?.shape.length === 2 ? 'factor' : undefined;
    default:
      return undefined;
  }
}

/** A node in another's place, of its scope; it gives values of its own unless told which. */
function append<Op extends OpType>(
  { name, outputs: [instead] }: Node,
  part: string,
  op: Op,
  inputs: readonly (Value | undefined)[],
  attributes: OpAttributes[Op],
  outputs?: readonly Value[],
): Node {
  const types = inferTypes(op, inputs, attributes);
  const own = types.map((type, i) => ({ name: `${instead?.name ?? name}.${part}${i || ''}`, ...type }));
  return { op, name: `${name}.${part}`, inputs, outputs: outputs ?? own, attributes } as unknown as Node;
}

/** [rows, columns] to [columns, rows]. */
function transpose(codes: Int8Array, rows: number): Int8Array {
  const columns = codes.length / rows;
  return codes.map((_, index) => codes[(index % rows) * columns + Math.floor(index / rows)] ?? 0);
}
