import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { keyedGenerator } from '../diffusion/gaussian.js';

/** Streams of random numbers a training step draws from; each is independent of the others. */
export const drawStreams = {
  items: 1,
  captions: 2,
  noise: 3,
  timesteps: 4,
  emptyCaptions: 5,
  augmentation: 6,
  skips: 7,
  mirroring: 8,
  encoderNoise: 9,
  rounding: 10,
  guidedSteps: 11,
  guidance: 12,
} as const;

export type DrawStream = keyof typeof drawStreams;

/** `count` numbers uniform in [0, 1) that depend on (seed, step, stream) alone. */
export function drawUniform(seed: number, step: number, stream: DrawStream, count: number): Float64Array {
  const generator = keyedGenerator({ seed, index: step, stream: drawStreams[stream] });
  return Float64Array.from({ length: count }, () => uniformFloat64(generator));
}

/** Picks items in proportion to their weights. */
export class WeightedChoice {
  readonly #cumulative: Float64Array;

  /** @param weights at least one, not negative, not all zero */
  constructor(weights: readonly number[]) {
    let sum = 0;
    this.#cumulative = Float64Array.from(weights, (weight) => (sum += weight));
  }

  /** Index of the item at a share of the total weight. */
  at(share: number): number {
    const cumulative = this.#cumulative;
    const target = share * (cumulative.at(-1) ?? 0);
    let low = 0;
    let high = cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] ?? 0) > target) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
