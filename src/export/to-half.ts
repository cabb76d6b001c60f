import { SnapEvoError } from '../errors/snapevo-error.js';
import { float32ToHalf } from '../onnx/safetensors-float.js';

/**
 * Bits of the nearest fp16 numbers.
 * @param name of the weight, for errors
 * @throws SnapEvoError `EXPORT_OVERFLOW`
 */
export function toHalf(data: Float32Array, name: string): Uint16Array {
  const bits = float32ToHalf(data);
  const overflow = bits.findIndex((half, i) => (half & 0x7fff) === 0x7c00 && Number.isFinite(data[i]));
  if (overflow < 0) return bits;
  throw new SnapEvoError({
    code: 'EXPORT_OVERFLOW',
    message: `expected a weight that fp16 can hold, found ${data[overflow] ?? 0}`,
    where: name,
    hint: 'Export as fp32.',
  });
}
