/** Where two values first differ: the path to it, and what each has there. */
export interface Difference {
  readonly path: string;
  readonly left: unknown;
  readonly right: unknown;
}

/** The first difference of two JSON values, whatever the order of their keys; undefined where they are equal. */
export function firstDifference(left: unknown, right: unknown, path = ''): Difference | undefined {
  if (!isComposite(left) || !isComposite(right) || Array.isArray(left) !== Array.isArray(right)) {
    return Object.is(left, right) ? undefined : { path, left, right };
  }
  const [ofLeft, ofRight] = [new Map(Object.entries(left)), new Map(Object.entries(right))];
  for (const key of new Set([...ofLeft.keys(), ...ofRight.keys()])) {
    const further = path === '' ? key : `${path}.${key}`;
    const difference = firstDifference(ofLeft.get(key), ofRight.get(key), further);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function isComposite(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
