import protobuf from 'protobufjs';
import { graphProto, modelProto, tensorProto, type ModelMessage, type TensorMessage } from './onnx-schema.js';

type Chunks = readonly Uint8Array[];

/** Wire type of what comes after its own length. */
const lengthDelimited = 2;
/** Numbers in onnx.proto of the fields that weights lie in. */
const fields = { graph: 7, initializer: 5, rawData: 9 };

/**
 * Bytes of a model. Protobuf's writer, which grows as it goes, would copy the weights over and over: they are left out of what it writes, and
 * copied once, into an array that has the size of all.
 */
export function encodeModel({ graph, ...model }: ModelMessage): Uint8Array {
  const weightless = graphProto.encode({ ...graph, initializer: [] }).finish();
  const weights = graph.initializer.flatMap((tensor) => framed(fields.initializer, encodeTensor(tensor)));
  const rest = modelProto.encode(model).finish();
  return Buffer.concat([rest, ...framed(fields.graph, [weightless, ...weights])]);
}

function encodeTensor({ rawData, ...tensor }: TensorMessage): Chunks {
  const head = tensorProto.encode(tensor).finish();
  return rawData === undefined ? [head] : [head, ...framed(fields.rawData, [rawData])];
}

function framed(field: number, content: Chunks): Chunks {
  const length = content.reduce((sum, chunk) => sum + chunk.length, 0);
  const tag = (field << 3) | lengthDelimited;
  return [protobuf.Writer.create().uint32(tag).uint32(length).finish(), ...content];
}
