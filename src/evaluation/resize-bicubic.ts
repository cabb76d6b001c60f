/** One channel of a picture, row by row, with values from -1 to 1. */
export interface Plane {
  readonly height: number;
  readonly width: number;
  readonly values: Float32Array;
}

/** Which samples a resized one is made of: `weights[i]` of sample `first + i`. */
interface Window {
  readonly first: number;
  readonly weights: readonly number[];
}

/** Keys' kernel reaches this many samples to either side (IEEE Trans. ASSP 29(6), 1981). */
const reach = 2;
const sharpness = -0.5;

/**
 * Resizes by cubic convolution as Pillow does, which is what CLIP models are trained with: where a picture shrinks,
 * the kernel widens with it, so that nothing is left out. Where the kernel overshoots, values are cut off after each pass.
 */
export function resizeBicubic(plane: Plane, height: number, width: number): Plane {
  if (plane.height === height && plane.width === width) return plane;
  return resizeHeight(resizeWidth(plane, width), height);
}

function resizeWidth({ height, width, values }: Plane, newWidth: number): Plane {
  const resized = new Float32Array(height * newWidth);
  windows(width, newWidth).forEach(({ first, weights }, x) => {
    for (let y = 0; y < height; y++) {
      const start = y * width + first;
      const value = weights.reduce((sum, weight, i) => sum + weight * at(values, start + i), 0);
      resized[y * newWidth + x] = clamp(value);
    }
  });
  return { height, width: newWidth, values: resized };
}

function resizeHeight({ height, width, values }: Plane, newHeight: number): Plane {
  const resized = new Float32Array(newHeight * width);
  windows(height, newHeight).forEach(({ first, weights }, y) => {
    for (let x = 0; x < width; x++) {
      const value = weights.reduce((sum, weight, i) => sum + weight * at(values, (first + i) * width + x), 0);
      resized[y * width + x] = clamp(value);
    }
  });
  return { height: newHeight, width, values: resized };
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
    return { first, weights: raw.map((weight) => weight / total) };
  });
}

function cubic(offset: number): number {
  const x = Math.abs(offset);
  if (x < 1) return ((sharpness + 2) * x - (sharpness + 3)) * x * x + 1;
  return x < reach ? (((x - 5) * x + 8) * x - 4) * sharpness : 0;
}

const clamp = (value: number): number => Math.min(1, Math.max(-1, value));
const at = (values: Float32Array, index: number): number => values[index] ?? 0;
