import type { Shape } from '../graph/value.js';
import { elementCount } from '../graph/value.js';

/** One tensor's place among the elements of its group. */
export interface ParameterSlot {
  readonly name: string;
  readonly shape: Shape;
  /** In elements. */
  readonly offset: number;
  readonly length: number;
}

/** Tensors trained together: one large one as it is, or small ones as one flat vector, which keeps the optimizer's graph small. */
export interface ParameterGroup {
  readonly name: string;
  readonly length: number;
  /** The only tensor's, or [length]. */
  readonly shape: Shape;
  readonly slots: readonly ParameterSlot[];
}

/** Elements from which on a tensor is by itself: copying it out of a vector and its gradient into one takes longer than AdamW's nodes for another group. */
const largeTensor = 2 ** 16;

/** Lays tensors out in groups, in the order given: large ones by themselves, under their names. */
export function layOutParameters(
  parameters: readonly { readonly name: string; readonly shape: Shape }[],
  groupOf: (name: string) => string,
): ParameterGroup[] {
  const groups = new Map<string, ParameterSlot[]>();
  for (const { name, shape } of parameters) {
    const length = elementCount(shape);
    const group = length < largeTensor ? groupOf(name) : name;
    const slots = groups.get(group) ?? [];
    const last = slots.at(-1);
    const offset = last === undefined ? 0 : last.offset + last.length;
    slots.push({ name, shape, offset, length });
    groups.set(group, slots);
  }
  return [...groups].map(([name, slots]) => {
    const length = slots.reduce((sum, slot) => sum + slot.length, 0);
    const [only = { shape: [length] }] = slots;
    return { name, slots, length, shape: slots.length === 1 ? only.shape : [length] };
  });
}

/** A UNet's tensors laid out in groups: the small ones of a block as one vector. */
export const layOutBlocks = (parameters: Parameters<typeof layOutParameters>[0]): ParameterGroup[] =>
  layOutParameters(parameters, (name) => name.split('.').slice(0, 4).join('.'));

/** A group's elements: those of its tensors, one after another. */
export function flatten(group: ParameterGroup, tensorNamed: (name: string) => Float32Array): Float32Array {
  const elements = new Float32Array(group.length);
  for (const { name, offset } of group.slots) elements.set(tensorNamed(name), offset);
  return elements;
}

/** A group's tensors by name, as views of its elements. */
export function unflatten(group: ParameterGroup, elements: Float32Array): Map<string, Float32Array> {
  return new Map(
    group.slots.map(({ name, offset, length }) => [name, elements.subarray(offset, offset + length)]),
  );
}
