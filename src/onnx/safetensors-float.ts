const floatBits = new Uint32Array(1);
const floatValue = new Float32Array(floatBits.buffer);

/** float32 values of all 65,536 half-precision bit patterns, made on first use. */
let halfTable: Float32Array | undefined;

/** Widens IEEE binary16 bit patterns to float32; exact. */
export function halfToFloat32(bits: Uint16Array): Float32Array {
  halfTable ??= buildHalfTable();
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = halfTable[bits[i] ?? 0] ?? 0;
  return values;
}

/** Narrows float32 to IEEE binary16 bit patterns, to nearest, ties to even; 65520 and more becomes infinity. */
export function float32ToHalf(values: Float32Array): Uint16Array {
  const source = bitsOf(values);
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) bits[i] = roundToHalf(source[i] ?? 0);
  return bits;
}

/** Widens bfloat16 bit patterns (the upper half of a float32) to float32; exact. */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  const widened = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) widened[i] = (bits[i] ?? 0) << 16;
  return new Float32Array(widened.buffer);
}

/** Narrows float32 to bfloat16 bit patterns, to nearest, ties to even. */
export function float32ToBfloat16(values: Float32Array): Uint16Array {
  const source = bitsOf(values);
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) bits[i] = roundToBfloat16(source[i] ?? 0);
  return bits;
}

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

function roundToHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) return sign | roundToSubnormalHalf(magnitude);
  const rebiased = magnitude - 0x38000000;
  return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
}

/** Below 2^-14 a half counts units of 2^-24; the float's significand counts units of 2^(exponent - 150). */
function roundToSubnormalHalf(magnitude: number): number {
  if (magnitude < 0x33000000) return 0;
  const shift = 126 - (magnitude >>> 23);
  const significand = (magnitude & 0x7fffff) | 0x800000;
  const whole = significand >>> shift;
  const rest = significand & ((1 << shift) - 1);
  const halfway = 1 << (shift - 1);
  const roundsUp = rest > halfway || (rest === halfway && (whole & 1) === 1);
  return roundsUp ? whole + 1 : whole;
}

function roundToBfloat16(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

function buildHalfTable(): Float32Array {
  return Float32Array.from({ length: 0x10000 }, (_, bits) => widenHalf(bits));
}

function widenHalf(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  floatBits[0] =
    ((bits & 0x8000) << 16) | ((exponent === 0x1f ? 0xff : exponent + 112) << 23) | (fraction << 13);
  return floatValue[0] ?? 0;
}
