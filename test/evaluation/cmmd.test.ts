import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cmmd } from '../../src/evaluation/cmmd.js';

interface Case {
  readonly one: readonly number[][];
  readonly other: readonly number[][];
  readonly cmmd: number;
}

const cases = JSON.parse(
  readFileSync(new URL('../golden/evaluation/cmmd.json', import.meta.url), 'utf8'),
) as Case[];
const embeddings = (rows: readonly number[][]): Float32Array[] => rows.map((row) => Float32Array.from(row));

describe('CMMD', () => {
  it.each(cases)('is $cmmd, as the reference has it', ({ one, other, cmmd: expected }) => {
    expect(cmmd(embeddings(one), embeddings(other))).toBeCloseTo(expected, 6);
    expect(cmmd(embeddings(other), embeddings(one))).toBeCloseTo(expected, 6);
  });

  it('is nothing between equal sets, however often each picture is in them', () => {
    const [first] = cases;
    const set = embeddings(first?.one ?? []);
    expect(cmmd(set, [...set, ...set])).toBeCloseTo(0, 9);
  });
});
