/** Element types of tensors, by ONNX's names in lower case. No tensor of bfloat16 goes in or out of a session: the runtime's binding has none. */
export type DataType =
  'float32' | 'float16' | 'int64' | 'int32' | 'int8' | 'uint8' | 'bool' | 'uint16' | 'bfloat16';

/** What holds a tensor's elements in JavaScript; float16 as its bits, bool as 0 or 1. */
export type TensorData = Float32Array | Uint16Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;
