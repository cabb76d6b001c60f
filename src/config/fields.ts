import { z } from 'zod';

/** Bounds of a number; `above` and `below` exclude the bound itself. */
export interface NumberRange {
  readonly from?: number;
  readonly above?: number;
  readonly to?: number;
  readonly below?: number;
}

/** Marks a field as the path of a file or folder; see `resolve-paths.ts`. */
export const PATH_FIELD = 'path';

/** Far above any setting that makes sense, and exact in a float32 as well. */
const LARGEST_WHOLE_NUMBER = 2 ** 24;

/** A group of keys: unknown ones are refused, and missing ones take their defaults. */
export function section<Shape extends z.core.$ZodShape>(
  shape: Shape,
): z.ZodReadonly<z.ZodObject<Shape, z.core.$strict>> {
  const expected = `a section with the keys ${listWords(Object.keys(shape), 'and')}`;
  return z.strictObject(shape, { error: unlessUnknownKey(expected) }).readonly();
}

/** A whole number from 0 up unless told otherwise. */
export function wholeNumber(range: Pick<NumberRange, 'from' | 'to'> = {}): z.ZodInt {
  const from = range.from ?? 0;
  const to = range.to ?? LARGEST_WHOLE_NUMBER;
  const error = `a whole number ${describeRange({ from, to })}`.trimEnd();
  return z.int({ error }).min(from, { error }).max(to, { error });
}

/** A finite number within the range. */
export function number(range: NumberRange = {}): z.ZodNumber {
  const error = `a number ${describeRange(range)}`.trimEnd();
  const { from, above, to, below } = range;
  let schema = z.number({ error });
  if (from !== undefined) schema = schema.gte(from, { error });
  if (above !== undefined) schema = schema.gt(above, { error });
  if (to !== undefined) schema = schema.lte(to, { error });
  if (below !== undefined) schema = schema.lt(below, { error });
  return schema;
}

/** `true` or `false`. */
export function flag(): z.ZodBoolean {
  return z.boolean({ error: 'true or false' });
}

/** Text that is not empty. */
export function text(): z.ZodString {
  const error = 'text';
  return z.string({ error }).min(1, { error }).max(10_000, { error: 'text of at most 10000 characters' });
}

/** The path of a file or folder, relative to where it is written; absolute once the config is resolved. */
export function path(kind: 'file' | 'folder'): z.ZodString {
  const error = `the path of a ${kind}`;
  return z.string({ error }).min(1, { error }).max(4096, { error }).meta({ role: PATH_FIELD });
}

/** One of a few words. */
export function choice<const Words extends readonly [string, ...string[]]>(
  words: Words,
): z.ZodEnum<{ [Word in Words[number]]: Word }> {
  return z.enum(words, { error: listWords(words, 'or') });
}

/** A list of as many items as the range says. */
export function list<Item extends z.ZodType>(
  item: Item,
  what: string,
  range: { readonly from: number; readonly to: number },
): z.ZodReadonly<z.ZodArray<Item>> {
  const error = `a list of ${range.from} to ${range.to} ${what}`;
  return z.array(item, { error }).min(range.from, { error }).max(range.to, { error }).readonly();
}

/** `a`, `a or b`, `a, b or c`. */
function listWords(words: readonly string[], conjunction: 'and' | 'or'): string {
  const last = words.at(-1) ?? '';
  const rest = words.slice(0, -1);
  return rest.length === 0 ? last : `${rest.join(', ')} ${conjunction} ${last}`;
}

function unlessUnknownKey(expected: string): z.core.$ZodErrorMap {
  return (issue) => (issue.code === 'unrecognized_keys' ? undefined : expected);
}

function describeRange({ from, above, to, below }: NumberRange): string {
  if (from !== undefined && to !== undefined) return `from ${from} to ${to}`;
  const bounds = [
    from === undefined ? '' : `of at least ${from}`,
    above === undefined ? '' : `above ${above}`,
    to === undefined ? '' : `of at most ${to}`,
    below === undefined ? '' : `below ${below}`,
  ];
  return bounds.filter((bound) => bound !== '').join(' and ');
}
