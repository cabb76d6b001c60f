import protobuf from 'protobufjs';
import {
  attributeProto,
  graphProto,
  modelProto,
  nodeProto,
  tensorProto,
  type AttributeMessage,
  type GraphMessage,
  type ModelMessage,
  type NodeMessage,
  type TensorMessage,
} from './onnx-schema.js';

type Chunks = readonly Uint8Array[];

/** Wire type of what comes after its own length. */
const lengthDelimited = 2;
/** Numbers in onnx.proto of the fields on the way to weights. */
const fields = {
  model: { graph: 7 },
  graph: { node: 1, initializer: 5 },
  node: { attribute: 5 },
  attribute: { graph: 6 },
  tensor: { rawData: 9 },
};

/**
 * Bytes of a model. Protobuf's writer, which grows as it goes, would copy the weights over and over: they are left out of what it writes, and
 * copied once, into an array that has the size of all.
 */
export function encodeModel({ graph, ...model }: ModelMessage): Uint8Array {
  const rest = modelProto.encode(model).finish();
  return Buffer.concat([rest, ...framed(fields.model.graph, encodeGraph(graph))]);
}

function encodeGraph({ node, initializer, ...graph }: GraphMessage): Chunks {
  return [
    graphProto.encode(graph).finish(),
    ...encodeNodes(node),
    ...initializer.flatMap((tensor) => framed(fields.graph.initializer, encodeTensor(tensor))),
  ];
}

/** Nodes in their order; those between two that have graphs of their own at once. */
function encodeNodes(nodes: readonly NodeMessage[]): Chunks {
  const chunks: Uint8Array[] = [];
  let start = 0;
  const encodePlain = (end: number): void => {
    if (end > start) chunks.push(graphProto.encode({ node: nodes.slice(start, end) }).finish());
    start = end + 1;
  };
  nodes.forEach((node, at) => {
    if (!node.attribute.some(({ g }) => g !== undefined)) return;
    encodePlain(at);
    chunks.push(...framed(fields.graph.node, encodeNode(node)));
  });
  encodePlain(nodes.length);
  return chunks;
}

function encodeNode({ attribute, ...node }: NodeMessage): Chunks {
  const head = nodeProto.encode(node).finish();
  return [head, ...attribute.flatMap((each) => framed(fields.node.attribute, encodeAttribute(each)))];
}

function encodeAttribute({ g, ...attribute }: AttributeMessage): Chunks {
  const head = attributeProto.encode(attribute).finish();
  return g === undefined ? [head] : [head, ...framed(fields.attribute.graph, encodeGraph(g))];
}

function encodeTensor({ rawData, ...tensor }: TensorMessage): Chunks {
  const head = tensorProto.encode(tensor).finish();
  return rawData === undefined ? [head] : [head, ...framed(fields.tensor.rawData, [rawData])];
}

function framed(field: number, content: Chunks): Chunks {
  const length = content.reduce((sum, chunk) => sum + chunk.length, 0);
  const tag = (field << 3) | lengthDelimited;
  return [protobuf.Writer.create().uint32(tag).uint32(length).finish(), ...content];
}
