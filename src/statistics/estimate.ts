/** A measured number with its 95% confidence interval: `low <= value <= high`, in the unit the field's name gives. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What is known without measuring. */
export const ZERO: Estimate = { value: 0, low: 0, high: 0 };

/** Of independent estimates; their half-widths add in quadrature. */
export function sum(...parts: readonly Estimate[]): Estimate {
  const value = parts.reduce((total, part) => total + part.value, 0);
  const below = Math.hypot(...parts.map((part) => part.value - part.low));
  const above = Math.hypot(...parts.map((part) => part.high - part.value));
  return { value, low: value - below, high: value + above };
}

/** `one - other` of independent estimates; their half-widths add in quadrature. */
export function difference(one: Estimate, other: Estimate): Estimate {
  return sum(one, negate(other));
}

/** The same quantity seen from the other side: a saving of 3 ms is a cost of -3 ms. */
export function negate(estimate: Estimate): Estimate {
  return { value: 0 - estimate.value, low: 0 - estimate.high, high: 0 - estimate.low };
}

/** `one / other` of independent positive estimates; half-widths of their logarithms add in quadrature, so that no end lies beyond those of the ends' quotients. */
export function quotient(one: Estimate, other: Estimate): Estimate {
  const value = one.value / other.value;
  const below = Math.hypot(Math.log(one.value / one.low), Math.log(other.high / other.value));
  const above = Math.hypot(Math.log(one.high / one.value), Math.log(other.value / other.low));
  return { value, low: value * Math.exp(-below), high: value * Math.exp(above) };
}

/** @param factor positive */
export function scale({ value, low, high }: Estimate, factor: number): Estimate {
  return { value: value * factor, low: low * factor, high: high * factor };
}
