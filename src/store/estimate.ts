/** A measured number with its 95% confidence interval; `low <= value <= high`, all in the unit the field's name gives. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}
