/** One channel of a picture, row by row, with values from 0 to 255. */
export interface Plane {
  readonly height: number;
  readonly width: number;
  readonly values: Uint8ClampedArray;
}

/** Which samples a resized one is made of: `weights[i]` of sample `first + i`, in units of 1 / 2^22. */
interface Window {
  readonly first: number;
  readonly weights: readonly number[];
}

/** Keys' kernel reaches this many samples to either side (IEEE Trans. ASSP 29(6), 1981). */
const reach = 2;
const sharpness = -0.5;
/** Pillow computes with whole numbers that have 22 binary places. */
const unit = 2 ** 22;

/**
 * Resizes by cubic convolution as Pillow does, which is what CLIP models are trained with, to the last bit: where a picture shrinks,
 * the kernel widens with it, so that nothing is left out, and after each pass values are rounded, and cut off where the kernel overshoots.
 */
export function resizeBicubic(plane: Plane, height: number, width: number): Plane {
  if (plane.height === height && plane.width === width) return plane;
  return resizeHeight(resizeWidth(plane, width), height);
}

function resizeWidth({ height, width, values }: Plane, newWidth: number): Plane {
  const resized = new Uint8ClampedArray(height * newWidth);
  windows(width, newWidth).forEach(({ first, weights }, x) => {
    for (let y = 0; y < height; y++) {
      resized[y * newWidth + x] = weigh(values, y * width + first, 1, weights);
    }
  });
  return { height, width: newWidth, values: resized };
}

function resizeHeight({ height, width, values }: Plane, newHeight: number): Plane {
  const resized = new Uint8ClampedArray(newHeight * width);
  windows(height, newHeight).forEach(({ first, weights }, y) => {
    for (let x = 0; x < width; x++) {
      resized[y * width + x] = weigh(values, first * width + x, width, weights);
    }
  });
  return { height: newHeight, width, values: resized };
}

/**
 * The same cubic convolution of one axis as a matrix, [from, to], by which rows of samples are multiplied; without the rounding and cutting off, which have
 * no gradient.
 */
export function bicubicMatrix(from: number, to: number): Float32Array {
  const matrix = new Float32Array(from * to);
  windows(from, to).forEach(({ first, weights }, index) => {
    weights.forEach((weight, i) => {
      matrix[(first + i) * to + index] = weight / unit;
    });
  });
  return matrix;
}

/** The weighted sum of values from `start` on, each `stride` after the last, rounded. */
function weigh(values: Uint8ClampedArray, start: number, stride: number, weights: readonly number[]): number {
  let sum = unit / 2;
  for (let i = 0; i < weights.length; i++) sum += (weights[i] ?? 0) * (values[start + i * stride] ?? 0);
  return Math.floor(sum / unit);
}

function windows(from: number, to: number): Window[] {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  return Array.from({ length: to }, (_, index) => {
    const centre = (index + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach * stretch + 0.5));
    const end = Math.min(from, Math.trunc(centre + reach * stretch + 0.5));
    const raw = Array.from({ length: end - first }, (__, i) => cubic((first + i + 0.5 - centre) / stretch));
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: raw.map((weight) => inUnits(weight / total)) };
  });
}

/** Rounded, halves away from zero. */
function inUnits(weight: number): number {
  return Math.sign(weight) * Math.floor(Math.abs(weight) * unit + 0.5);
}

function cubic(offset: number): number {
  const x = Math.abs(offset);
  if (x < 1) return ((sharpness + 2) * x - (sharpness + 3)) * x * x + 1;
  return x < reach ? (((x - 5) * x + 8) * x - 4) * sharpness : 0;
}
