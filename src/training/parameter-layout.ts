import type { Shape } from '../graph/value.js';
import { elementCount } from '../graph/value.js';

/** One tensor's place in a flat vector. */
export interface ParameterSlot {
  readonly name: string;
  readonly shape: Shape;
  /** In elements. */
  readonly offset: number;
  readonly length: number;
}

/** Tensors trained together as one flat vector: few, large vectors keep the optimizer's graph small. */
export interface ParameterGroup {
  readonly name: string;
  readonly length: number;
  readonly slots: readonly ParameterSlot[];
}

/** Lays tensors out in flat vectors, one per group, in the order given. */
export function layOutParameters(
  parameters: readonly { readonly name: string; readonly shape: Shape }[],
  groupOf: (name: string) => string,
): ParameterGroup[] {
  const groups = new Map<string, ParameterSlot[]>();
  for (const { name, shape } of parameters) {
    const slots = groups.get(groupOf(name)) ?? [];
    const last = slots.at(-1);
    const offset = last === undefined ? 0 : last.offset + last.length;
    slots.push({ name, shape, offset, length: elementCount(shape) });
    groups.set(groupOf(name), slots);
  }
  return [...groups].map(([name, slots]) => ({
    name,
    slots,
    length: slots.reduce((sum, { length }) => sum + length, 0),
  }));
}

/** A UNet's tensors laid out in one flat vector a block. */
export const layOutBlocks = (parameters: Parameters<typeof layOutParameters>[0]): ParameterGroup[] =>
  layOutParameters(parameters, (name) => name.split('.').slice(0, 4).join('.'));

/** Gathers named tensors into a group's flat vector. */
export function flatten(group: ParameterGroup, tensorNamed: (name: string) => Float32Array): Float32Array {
  const flat = new Float32Array(group.length);
  for (const { name, offset } of group.slots) flat.set(tensorNamed(name), offset);
  return flat;
}

/** The named tensors of a group's flat vector, as views. */
export function unflatten(group: ParameterGroup, flat: Float32Array): Map<string, Float32Array> {
  return new Map(
    group.slots.map(({ name, offset, length }) => [name, flat.subarray(offset, offset + length)]),
  );
}
