/** A size as a product: a fraction of whole numbers, times powers of the axes that may have any size. */
export interface SymbolicSize {
  readonly numerator: number;
  readonly denominator: number;
  /** Exponents by axis; those that are zero are left out. */
  readonly powers: ReadonlyMap<string, number>;
}

/** Sizes of the axes of one build of a graph. */
export type AxisSizes = Readonly<Record<string, number>>;

/** Far more than any size has: tokens are height times width, scores the square of tokens. */
const maxPower = 4;

/**
 * The product that takes the values found: in an example, and in builds that differ from it in one axis each.
 * @param others by axis, the axis's size there and the value found
 * @returns undefined where it is no such product
 */
export function symbolicSize(
  example: AxisSizes,
  value: number,
  others: ReadonlyMap<string, { readonly size: number; readonly value: number }>,
): SymbolicSize | undefined {
  const powers = new Map<string, number>();
  let [numerator, denominator] = [value, 1];
  for (const [axis, other] of others) {
    const before = example[axis] ?? 1;
    const power = powerBetween(value, other.value, before, other.size);
    if (power === undefined) return undefined;
    if (power === 0) continue;
    powers.set(axis, power);
    if (power > 0) denominator *= before ** power;
    else numerator *= before ** -power;
  }
  const divisor = greatestCommonDivisor(numerator, denominator);
  return { numerator: numerator / divisor, denominator: denominator / divisor, powers };
}

/** Its value for given sizes of the axes. */
export function evaluateSize({ numerator, denominator, powers }: SymbolicSize, sizes: AxisSizes): number {
  return [...powers].reduce(
    (product, [axis, power]) => product * (sizes[axis] ?? 1) ** power,
    numerator / denominator,
  );
}

/** Whether it is the same whatever the sizes of the axes are. */
export const isFixed = ({ powers }: SymbolicSize): boolean => powers.size === 0;

/** In words, as ONNX names axes: `height`, `height / 8`, `2 * batch * width`. Equal sizes have equal words. */
export function describeSize({ numerator, denominator, powers }: SymbolicSize): string {
  const factors = [...powers]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([axis, power]) => new Array<string>(Math.abs(power)).fill(power > 0 ? axis : `1/${axis}`));
  const scale = numerator === 1 && factors.length > 0 ? [] : [String(numerator)];
  const product = [...factors, ...scale].join(' * ');
  return denominator === 1 ? product : `${product} / ${denominator}`;
}

function powerBetween(value: number, other: number, before: number, after: number): number | undefined {
  for (let power = -maxPower; power <= maxPower; power++) {
    const [up, down] = power >= 0 ? [after ** power, before ** power] : [before ** -power, after ** -power];
    if (value * up === other * down) return power;
  }
  return undefined;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
