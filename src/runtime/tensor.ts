import type { TensorData } from '../graph/data-type.js';
import type { TensorType } from '../graph/value.js';

/** A tensor in memory: row-major elements with their type and shape. Structured-clone safe, so it passes between threads. */
export interface Tensor extends TensorType {
  readonly data: TensorData;
}

/** Tensors by the name of the graph's input or output. */
export type Tensors = Readonly<Record<string, Tensor>>;

export const float32Tensor = (shape: readonly number[], data: Float32Array): Tensor => ({
  dtype: 'float32',
  shape,
  data,
});

export const int64Tensor = (shape: readonly number[], data: ArrayLike<number>): Tensor => ({
  dtype: 'int64',
  shape,
  data: BigInt64Array.from(Array.from(data), (element) => BigInt(element)),
});

export const boolTensor = (shape: readonly number[], data: readonly boolean[]): Tensor => ({
  dtype: 'bool',
  shape,
  data: Uint8Array.from(data, Number),
});

/** Memory that tensors have to themselves, for handing it over to another thread. */
export function buffersOf(tensors: Tensors): ArrayBuffer[] {
  return ownBuffers(Object.values(tensors).map(({ data }) => data));
}

/** Memory that arrays have to themselves. */
export function ownBuffers(arrays: readonly ArrayBufferView[]): ArrayBuffer[] {
  const own = arrays.flatMap(({ buffer, byteLength }) =>
    buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [],
  );
  return [...new Set(own)];
}
