import { formatSignificant } from '../../report/number-format.js';
import type { Estimate } from '../../statistics/estimate.js';

/** What stands where a figure is not known. */
export const UNKNOWN = '-';

/** `8.05 [7.90, 8.20]`: a figure and its 95% interval. */
export function formatEstimate(estimate: Estimate | null, format: (value: number) => string): string {
  if (estimate === null) return UNKNOWN;
  return `${format(estimate.value)} [${format(estimate.low)}, ${format(estimate.high)}]`;
}

/** A measured time in ms with its interval, to as many decimals as the interval bears: `12.41 [12.30, 12.52]`. */
export function formatMeasured(estimate: Estimate | null): string {
  const halfWidth = estimate === null ? 0 : (estimate.high - estimate.low) / 2;
  if (halfWidth === 0) return formatEstimate(estimate, formatFigure);
  const decimals = Math.min(4, Math.max(0, 1 - Math.floor(Math.log10(halfWidth))));
  return formatEstimate(estimate, (value) => value.toFixed(decimals));
}

/** Three significant digits, in the unit of the heading. */
export function formatFigure(value: number): string {
  return formatSignificant(value, 3);
}

/** `3.1% more`, `0.4% less`: a figure beside what it was expected to be. */
export function formatExcess(value: number, expected: number): string {
  const share = value / expected - 1;
  return `${Math.abs(100 * share).toFixed(1)}% ${share < 0 ? 'less' : 'more'}`;
}

/** Two significant digits with an exponent, for values of any size: `-1.2e-4`. */
export function formatSmall(value: number): string {
  return value === 0 ? '0' : value.toExponential(1);
}

/** `a -> b`, or just one of them where they are the same or the other is not known. */
export function formatMove(before: string | undefined, after: string | undefined): string {
  if (before === undefined || before === after) return after ?? UNKNOWN;
  return after === undefined ? before : `${before} -> ${after}`;
}

/** An input of a run: hashes as {@link shortHash}, all else as it is. */
export function shortInput(input: string): string {
  return /^[0-9a-f]{64}$/.test(input) ? shortHash(input) : input;
}

/** As much of a hash as tells it from others at a glance. */
export function shortHash(hash: string): string {
  return hash.slice(0, 8);
}
