import type { Estimate } from '../../statistics/estimate.js';

export type SqlValue = string | number | null;

/** How a record's field lies in one or more columns. */
export interface ColumnCodec<T> {
  /** Column names for a field whose own column would be called `name`. */
  columns(name: string): readonly string[];
  encode(value: T): readonly SqlValue[];
  /** Takes as many values as `columns` names. */
  decode(values: readonly SqlValue[]): T;
}

const oneColumn = (name: string): readonly string[] => [name];

/** Text, numbers and null as SQLite keeps them. The schema's STRICT tables vouch for the type. */
export function plain<T extends SqlValue>(): ColumnCodec<T> {
  return { columns: oneColumn, encode: (value) => [value], decode: ([value]) => value as T };
}

export const flag: ColumnCodec<boolean> = {
  columns: oneColumn,
  encode: (value) => [value ? 1 : 0],
  decode: ([value]) => value === 1,
};

/** Lists and open-ended records, as JSON text. Values were checked before they came here. */
export function json<T>(): ColumnCodec<T> {
  return {
    columns: oneColumn,
    encode: (value) => [JSON.stringify(value)],
    decode: ([value]) => JSON.parse(value as string) as T,
  };
}

const estimateColumns = (name: string): readonly string[] => [name, `${name}_low`, `${name}_high`];

export const estimate: ColumnCodec<Estimate> = {
  columns: estimateColumns,
  encode: ({ value, low, high }) => [value, low, high],
  decode: ([value, low, high]) => ({ value: value as number, low: low as number, high: high as number }),
};

export const nullableEstimate: ColumnCodec<Estimate | null> = {
  columns: estimateColumns,
  encode: (value) => (value === null ? [null, null, null] : estimate.encode(value)),
  decode: (values) => (values[0] === null ? null : estimate.decode(values)),
};
