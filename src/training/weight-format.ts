import type { TensorData } from '../graph/data-type.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import { bitCast, cast } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import {
  bfloat16ToFloat32,
  float32ToBfloat16,
  float32ToHalf,
  halfToFloat32,
} from '../onnx/safetensors-float.js';

/** A floating-point format that weights are kept in between steps; all is computed in float32. */
export interface WeightFormat {
  /** Element type of the graph's inputs and outputs. */
  readonly tensorDtype: 'float32' | 'float16' | 'uint16';
  /** Digits after the point, binary. */
  readonly digits: number;
  /** Distance between its subnormal numbers. */
  readonly leastUlp: number;
  /** To nearest. */
  readonly encode: (values: Float32Array) => TensorData;
  readonly decode: (data: TensorData) => Float32Array;
  readonly toFloat32: (g: GraphBuilder, x: Value) => Value;
  /** To nearest. */
  readonly fromFloat32: (g: GraphBuilder, x: Value) => Value;
}

export type WeightFormatName = 'float32' | 'float16' | 'bfloat16';

export const weightFormats: Readonly<Record<WeightFormatName, WeightFormat>> = {
  float32: {
    tensorDtype: 'float32',
    digits: 23,
    leastUlp: 2 ** -149,
    encode: (values) => values,
    decode: (data) => data as Float32Array,
    toFloat32: (_, x) => x,
    fromFloat32: (_, x) => x,
  },
  float16: {
    tensorDtype: 'float16',
    digits: 10,
    leastUlp: 2 ** -24,
    encode: float32ToHalf,
    decode: (data) => halfToFloat32(data as Uint16Array),
    toFloat32: (g, x) => cast(g, x, 'float32'),
    fromFloat32: (g, x) => cast(g, x, 'float16'),
  },
  // travels as its bits
  bfloat16: {
    tensorDtype: 'uint16',
    digits: 7,
    leastUlp: 2 ** -133,
    encode: float32ToBfloat16,
    decode: (data) => bfloat16ToFloat32(data as Uint16Array),
    toFloat32: (g, x) => cast(g, bitCast(g, x, 'bfloat16'), 'float32'),
    fromFloat32: (g, x) => bitCast(g, cast(g, x, 'bfloat16'), 'uint16'),
  },
};
