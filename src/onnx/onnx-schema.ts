import protobuf from 'protobufjs';

type Field = readonly [id: number, type: string];

const message = (fields: Record<string, Field>, repeated: Record<string, Field> = {}): protobuf.IType => ({
  fields: {
    ...Object.fromEntries(Object.entries(fields).map(([name, [id, type]]) => [name, { id, type }])),
    ...Object.fromEntries(
      Object.entries(repeated).map(([name, [id, type]]) => [name, { id, type, rule: 'repeated' as const }]),
    ),
  },
});

const root = protobuf.Root.fromJSON({
  nested: {
    ModelProto: message(
      {
        irVersion: [1, 'int64'],
        producerName: [2, 'string'],
        producerVersion: [3, 'string'],
        graph: [7, 'GraphProto'],
      },
      { opsetImport: [8, 'OperatorSetIdProto'], metadataProps: [14, 'StringStringEntryProto'] },
    ),
    OperatorSetIdProto: message({ domain: [1, 'string'], version: [2, 'int64'] }),
    StringStringEntryProto: message({ key: [1, 'string'], value: [2, 'string'] }),
    GraphProto: message(
      { name: [2, 'string'] },
      {
        node: [1, 'NodeProto'],
        initializer: [5, 'TensorProto'],
        input: [11, 'ValueInfoProto'],
        output: [12, 'ValueInfoProto'],
      },
    ),
    NodeProto: message(
      { name: [3, 'string'], opType: [4, 'string'], domain: [7, 'string'] },
      { input: [1, 'string'], output: [2, 'string'], attribute: [5, 'AttributeProto'] },
    ),
    AttributeProto: message(
      {
        name: [1, 'string'],
        f: [2, 'float'],
        i: [3, 'int64'],
        s: [4, 'bytes'],
        g: [6, 'GraphProto'],
        type: [20, 'int32'],
      },
      { floats: [7, 'float'], ints: [8, 'int64'] },
    ),
    TensorProto: message(
      { dataType: [2, 'int32'], name: [8, 'string'], rawData: [9, 'bytes'], dataLocation: [14, 'int32'] },
      { dims: [1, 'int64'], externalData: [13, 'StringStringEntryProto'] },
    ),
    ValueInfoProto: message({ name: [1, 'string'], type: [2, 'TypeProto'] }),
    TypeProto: message({ tensorType: [1, 'TensorTypeProto'] }),
    TensorTypeProto: message({ elemType: [1, 'int32'], shape: [2, 'TensorShapeProto'] }),
    TensorShapeProto: message({}, { dim: [1, 'DimensionProto'] }),
    DimensionProto: message({ dimValue: [1, 'int64'], dimParam: [2, 'string'] }),
  },
});

/** ONNX's `ModelProto`, as much of it as SnapEvo writes; field numbers of onnx.proto. */
export const modelProto = root.lookupType('ModelProto');
export const graphProto = root.lookupType('GraphProto');
export const nodeProto = root.lookupType('NodeProto');
export const attributeProto = root.lookupType('AttributeProto');
export const tensorProto = root.lookupType('TensorProto');

export interface AttributeMessage {
  name: string;
  type: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  g?: GraphMessage;
  ints?: readonly number[];
}

export interface NodeMessage {
  name: string;
  opType: string;
  domain?: string;
  input: readonly string[];
  output: readonly string[];
  attribute: readonly AttributeMessage[];
}

export interface TensorMessage {
  name: string;
  dataType: number;
  dims: readonly number[];
  rawData?: Uint8Array;
  dataLocation?: number;
  externalData?: readonly { key: string; value: string }[];
}

export interface ValueInfoMessage {
  name: string;
  type: {
    tensorType: { elemType: number; shape?: { dim: readonly { dimValue?: number; dimParam?: string }[] } };
  };
}

export interface GraphMessage {
  name: string;
  node: readonly NodeMessage[];
  initializer: readonly TensorMessage[];
  input: readonly ValueInfoMessage[];
  output: readonly ValueInfoMessage[];
}

export interface ModelMessage {
  irVersion: number;
  producerName: string;
  opsetImport: readonly { domain: string; version: number }[];
  graph: GraphMessage;
}
