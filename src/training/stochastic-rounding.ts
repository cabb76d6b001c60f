import type { GraphBuilder } from '../graph/graph-builder.js';
import { add, expand, greater, max, min, mul, neg, reshape, slice, sub, where } from '../graph/ops.js';
import { elementCount, type Shape, type Value } from '../graph/value.js';
import type { WeightFormat } from './weight-format.js';

/** How many random numbers a step rounds by, over and over; a prime, so that they fall differently on every row of a matrix. */
export const ditherLength = 4099;

/** Digits after the point of float32, binary. */
const float32Digits = 23;
/** A little more than half a unit in the last place of any float32, in proportion to it: what added to one gives the next. */
const overHalfUlp = 1.01 * 2 ** -24;
/** Keeps a number of the format from being shifted halfway to the next, where float32's own rounding would decide. */
const underOne = 1 - 2 ** -12;

/**
 * float32 numbers in a smaller format, up or down at random, each in proportion to how near it is: exact in expectation (Gupta et al., 2015, section 3). To the
 * nearest, steps of less than half a unit in the last place would be lost however many there are.
 * @param dither float32 [{@link ditherLength}], uniform in [0, 1)
 */
export function roundStochastically(
  g: GraphBuilder,
  x: Value,
  dither: Value,
  { digits, leastUlp, fromFloat32 }: WeightFormat,
): Value {
  // the format's numbers around x lie as far apart as float32's around x times 2^(23 - digits); with the sign of x
  const finer = float32Ulp(g, mul(g, x, 2 ** (float32Digits - digits)));
  const ulp = max(g, max(g, finer, neg(g, finer)), leastUlp);
  const share = mul(g, sub(g, repeated(g, dither, x.shape), 0.5), underOne);
  const shifted = add(g, x, mul(g, share, ulp));
  // below the power of two at or below x the format's numbers are closer together: what is shifted there belongs to that power
  const power = mul(g, finer, 2 ** digits);
  const held = where(g, greater(g, x, 0), max(g, shifted, power), min(g, shifted, power));
  return fromFloat32(g, held);
}

/** Distance of float32's numbers around each element, with the element's sign. */
const float32Ulp = (g: GraphBuilder, x: Value): Value => sub(g, add(g, x, mul(g, x, overHalfUlp)), x);

/** A vector's elements over and over, up to a tensor of that shape. */
function repeated(g: GraphBuilder, x: Value, shape: Shape): Value {
  const length = elementCount(shape);
  const [own = 1] = x.shape;
  const times = Math.ceil(length / own);
  const rows = expand(g, reshape(g, x, [1, own]), [times, own]);
  return reshape(g, slice(g, reshape(g, rows, [times * own]), 0, 0, length), shape);
}
