/** A measured number with its 95% confidence interval: `low <= value <= high`, in the unit the field's name gives. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** `one - other` of two independent estimates; their half-widths add in quadrature. */
export function subtract(one: Estimate, other: Estimate): Estimate {
  const value = one.value - other.value;
  return {
    value,
    low: value - Math.hypot(one.value - one.low, other.high - other.value),
    high: value + Math.hypot(one.high - one.value, other.value - other.low),
  };
}

/** The same quantity seen from the other side: a saving of 3 ms is a cost of -3 ms. */
export function negate(estimate: Estimate): Estimate {
  return { value: 0 - estimate.value, low: 0 - estimate.high, high: 0 - estimate.low };
}
