import { describe, expect, it } from 'vitest';
import { flatten, layOutParameters, unflatten } from '../../src/training/parameter-layout.js';

const parameters = [
  { name: 'a.bias', shape: [3] },
  { name: 'a.kernel', shape: [256, 256] },
  { name: 'a.weight', shape: [2, 4] },
  { name: 'b.bias', shape: [5] },
];
const groups = layOutParameters(parameters, (name) => name.split('.')[0] ?? '');

describe('parameters in groups', () => {
  it('lays small tensors out in one vector a group and leaves large ones in their shape', () => {
    expect(groups.map(({ name, shape, length }) => ({ name, shape, length }))).toEqual([
      { name: 'a', shape: [11], length: 11 },
      { name: 'a.kernel', shape: [256, 256], length: 65536 },
      { name: 'b', shape: [5], length: 5 },
    ]);
  });

  it('gives back every tensor that was laid out', () => {
    const tensors = new Map(
      parameters.map(({ name, shape }, i) => [
        name,
        new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(i),
      ]),
    );
    const back = groups.flatMap((group) => [
      ...unflatten(
        group,
        flatten(group, (name) => tensors.get(name) ?? new Float32Array()),
      ),
    ]);
    expect(new Map(back)).toEqual(tensors);
  });
});
