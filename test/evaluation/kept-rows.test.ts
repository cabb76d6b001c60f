import { describe, expect, it } from 'vitest';
import { KeptRows } from '../../src/evaluation/kept-rows.js';

/** Rows of two numbers, and the keys each call was asked to make. */
function tracked(room: number) {
  const asked: number[][] = [];
  const rows = new KeptRows<number>((keys) => {
    asked.push([...keys]);
    return Promise.resolve(keys.map((key) => Float32Array.of(key, -key)));
  }, room);
  return { rows, asked };
}

const numbers = (rows: readonly Float32Array[]): number[][] => rows.map((row) => [...row]);

describe('rows that are kept', () => {
  it('are each made once, and given in the order asked for', async () => {
    const { rows, asked } = tracked(1000);
    expect(numbers(await rows.rows([3, 1, 3]))).toEqual([
      [3, -3],
      [1, -1],
      [3, -3],
    ]);
    expect(numbers(await rows.rows([1, 2]))).toEqual([
      [1, -1],
      [2, -2],
    ]);
    await rows.rows([3, 2, 1]);
    expect(asked).toEqual([[3, 1], [2]]);
  });

  it('make room for others, the oldest first, and are all given even where there is room for none', async () => {
    const { rows, asked } = tracked(16);
    await rows.rows([1, 2]);
    await rows.rows([3]);
    await rows.rows([2, 3]);
    await rows.rows([1]);
    expect(asked).toEqual([[1, 2], [3], [1]]);
    const none = tracked(0);
    expect(numbers(await none.rows.rows([5, 6]))).toEqual([
      [5, -5],
      [6, -6],
    ]);
    await none.rows.rows([5]);
    expect(none.asked).toEqual([[5, 6], [5]]);
  });

  it('take room once, asked for several times at once', async () => {
    const { rows, asked } = tracked(16);
    await Promise.all([rows.rows([1]), rows.rows([1]), rows.rows([1])]);
    await rows.rows([2]);
    await rows.rows([1, 2]);
    expect(asked).toEqual([[1], [1], [1], [2]]);
  });
});
