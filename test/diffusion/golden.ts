import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

/** A golden file made by test/golden/diffusion/make.py. */
export function readGolden(name: string): unknown {
  const url = new URL(`../golden/diffusion/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'));
}

/** Largest absolute difference, as a share of the expected array's largest magnitude when that is above 1. */
export function worstDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  const values = Array.from(expected);
  const scale = Math.max(1, ...values.map(Math.abs));
  const differences = values.map((value, k) => Math.abs(value - (actual[k] ?? NaN)) / scale);
  return differences.some(Number.isNaN) ? NaN : Math.max(...differences);
}
